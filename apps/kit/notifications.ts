import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseAccess } from './database.ts';
import { log } from './log.ts';

/** Milliseconds after a lost connection until another one is tried. */
const againMs = 1_000;

export interface NotificationsInput {
  access: Pick<DatabaseAccess, 'config'>;
  /** Channel of NOTIFY: a plain name in small letters. */
  channel: string;
  heard(payload: string): void;
  /** Called after a connection has ended: what was announced until the next one is not heard. */
  lost(): void;
}

/** LISTEN of PostgreSQL, on a connection of its own that is opened anew when it ends and when it is as old as those of a pool may be. */
export class Notifications {
  #input: NotificationsInput;
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #stopping = new AbortController();
  #isListening = false;

  constructor(input: NotificationsInput) {
    this.#input = input;
  }

  /** Whether announcements are heard now. */
  get isListening(): boolean {
    return this.#isListening;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#client?.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#listen().catch((error: unknown) =>
        log.warn('announcements of the database are not heard', { channel: this.#input.channel, error }),
      );
      this.#isListening = false;
      this.#input.lost();
      await sleep(againMs, undefined, { signal }).catch(() => {}); // stopped: the loop ends
    }
  }

  /** Resolves when the connection has ended. */
  async #listen(): Promise<void> {
    const { access, channel, heard } = this.#input;
    const client = new pg.Client(access.config);
    this.#client = client;
    const ended = new Promise<void>((done) => client.once('end', done));
    client.on('error', (error) => log.warn('the connection for announcements was lost', { channel, error }));
    client.on('notification', ({ payload = '' }) => heard(payload));
    let aging: NodeJS.Timeout | undefined;
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      this.#isListening = !this.#stopping.signal.aborted;
      aging = setTimeout(() => void client.end(), access.config.maxLifetimeSeconds * 1_000);
      if (this.#isListening) await ended;
    } finally {
      clearTimeout(aging);
      await client.end();
    }
  }
}
