import { setTimeout as sleep } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import { log } from '../../kit/log.ts';
import { storableObject } from '../../kit/stored-json.ts';
import { storable } from '../../kit/stored-text.ts';
import { schema } from './boss.ts';
import { finishedAttempts } from './metrics.ts';

/** An attempt of a job; results of earlier attempts are ignored. */
interface Attempt {
  id: string;
  retryCount: number;
}

/**
 * Records the results of attempts; concurrent completions share one statement. It retries until the database
 * answers.
 */
export class Settler {
  #boss: PgBoss;
  #completed = new Map<string, Attempt[]>();
  #running = new Set<Promise<void>>();

  constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  complete(queue: string, attempt: Attempt, result: object | undefined): void {
    finishedAttempts.inc({ queue, outcome: 'completed' });
    if (result !== undefined && Object.keys(result).length > 0) {
      // The work is done and must not be repeated because of a result that the database cannot store.
      const kept = storableObject(result);
      this.#try(queue, () => this.#boss.complete(queue, attempt, kept));
      return;
    }
    const waiting = this.#completed.get(queue);
    if (waiting) {
      waiting.push(attempt);
      return;
    }
    const batch: Attempt[] = [attempt];
    this.#completed.set(queue, batch);
    setImmediate(() => {
      this.#completed.delete(queue);
      this.#try(queue, () => this.#boss.complete(queue, batch));
    });
  }

  fail(
    queue: string,
    attempt: Attempt,
    failure: { message: string; permanent?: boolean; lost?: boolean },
  ): void {
    const { permanent, lost } = failure;
    const message = storable(failure.message);
    finishedAttempts.inc({ queue, outcome: lost === true ? 'lost' : 'failed' });
    this.#try(queue, async () => {
      if (permanent === true) await this.#lastAttempt(queue, attempt);
      await this.#boss.fail(queue, attempt, { message });
    });
  }

  /** Sends heartbeats of running attempts. */
  touch(queue: string, attempts: readonly Attempt[]): void {
    if (attempts.length === 0) return;
    this.#boss
      .touch(queue, [...attempts])
      .catch((error: unknown) => log.warn('no heartbeat could be written', { queue, error }));
  }

  /** Resolves when all reported results are recorded. */
  async idle(): Promise<void> {
    await new Promise((done) => setImmediate(done));
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #try(queue: string, write: () => Promise<unknown>): void {
    const run = async () => {
      // A job's heartbeat expires long before the last attempt here; then another worker gets it.
      for (let tries = 1; ; tries++) {
        try {
          await write();
          return;
        } catch (error) {
          if (tries === 8) {
            log.error('the result of an attempt was not recorded: the job runs again', { queue, error });
            return;
          }
          await sleep(100 * 2 ** tries);
        }
      }
    };
    const running = run().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #lastAttempt(queue: string, { id, retryCount }: Attempt): Promise<void> {
    await this.#boss.getDb().executeSql(
      `update ${schema}.job set retry_limit = retry_count
       where name = $1 and id = $2 and state = 'active' and retry_count = $3`,
      [queue, id, retryCount],
    );
  }
}
