import type { JobWithMetadata, PgBoss } from 'pg-boss';
import { log } from '../../kit/log.ts';
import { schema } from './boss.ts';
import { pickUp } from './metrics.ts';

/** A worker that takes jobs of a queue up to its concurrency. */
export interface Worker {
  queue: string;
  free(): number;
  give(job: JobWithMetadata): void;
}

const channel = 'jobs';
/** Longest delay of jobs that become due without a notification, such as a second attempt. */
const lookAgainMs = 1_000;
const atOnce = 200;

/** The workers of a queue at this replica. */
interface Line {
  workers: Set<Worker>;
  fetching: boolean;
  again: boolean;
  timer?: NodeJS.Timeout;
}

/**
 * Distributes jobs to the workers connected to this replica. It fetches as many jobs as the workers have room
 * for, when a queue gets a job or a worker has room again. Other replicas learn of new jobs by NOTIFY.
 */
export class Dispatcher {
  #boss: PgBoss;
  #lines = new Map<string, Line>();
  #toAnnounce = new Set<string>();
  #announcing: NodeJS.Timeout | undefined;
  #listening: { close(): Promise<void> } | undefined;
  #closed = false;

  constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /** Call it after pg-boss has started. */
  async start(): Promise<void> {
    const db = this.#boss.getDb();
    if (db.listen === undefined) throw new Error('pg-boss has no LISTEN on this database');
    this.#listening = await db.listen(
      channel,
      (queue) => this.#wake(queue),
      // Notifications during a lost connection are missing.
      () => {
        for (const queue of this.#lines.keys()) this.#wake(queue);
      },
    );
  }

  attach(worker: Worker): void {
    const line = this.#lines.get(worker.queue) ?? { workers: new Set(), fetching: false, again: false };
    line.workers.add(worker);
    this.#lines.set(worker.queue, line);
    this.#wake(worker.queue);
  }

  detach(worker: Worker): void {
    const line = this.#lines.get(worker.queue);
    line?.workers.delete(worker);
    if (line?.workers.size !== 0) return;
    clearTimeout(line.timer);
    this.#lines.delete(worker.queue);
  }

  /** A worker has room for another job. */
  freed(queue: string): void {
    this.#wake(queue);
  }

  /** Announces a job that is due now: to this replica at once, to others within milliseconds. */
  announce(queue: string): void {
    this.#wake(queue);
    this.#toAnnounce.add(queue);
    this.#announcing ??= setTimeout(() => {
      this.#announcing = undefined;
      const queues = [...this.#toAnnounce];
      this.#toAnnounce.clear();
      this.#boss
        .getDb()
        .executeSql('select pg_notify($1, queue) from unnest($2::text[]) as queue', [channel, queues])
        .catch((error: unknown) => log.warn('other replicas were not notified: they poll', { error }));
    }, 5);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#lines.values()) clearTimeout(timer);
    clearTimeout(this.#announcing);
    await this.#listening?.close();
  }

  #wake(queue: string): void {
    const line = this.#lines.get(queue);
    if (line === undefined || this.#closed) return;
    line.again = true;
    if (line.fetching) return;
    line.fetching = true;
    this.#fetch(queue, line)
      .catch((error: unknown) => log.error('no jobs could be fetched', { queue, error }))
      .finally(() => {
        line.fetching = false;
        clearTimeout(line.timer);
        if (this.#lines.get(queue) === line && !this.#closed) {
          line.timer = setTimeout(() => this.#wake(queue), lookAgainMs);
        }
      });
  }

  async #fetch(queue: string, line: Line): Promise<void> {
    while (line.again) {
      line.again = false;
      const room = [...line.workers].reduce((sum, worker) => sum + worker.free(), 0);
      if (room <= 0) return;
      const batchSize = Math.min(room, atOnce);
      const jobs = await this.#boss.fetch<object>(queue, { batchSize, includeMetadata: true });
      if (jobs.length === batchSize) line.again = true;
      const left = jobs.filter((job) => !this.#give(line, job));
      if (left.length > 0) await this.#giveBack(queue, left);
    }
  }

  /** Gives a job to the worker with the most room; false if all have disconnected. */
  #give(line: Line, job: JobWithMetadata): boolean {
    const [worker] = [...line.workers].sort((a, b) => b.free() - a.free());
    if (worker === undefined || worker.free() <= 0) return false;
    const since = Math.max(job.startAfter.getTime(), job.createdOn.getTime());
    if (job.retryCount === 0) pickUp.observe({ queue: job.name }, Math.max(0, Date.now() - since) / 1000);
    worker.give(job);
    return true;
  }

  /** Returns jobs to the queue as if they had not been fetched, so that no attempt is lost. */
  async #giveBack(queue: string, jobs: readonly JobWithMetadata[]): Promise<void> {
    await this.#boss.getDb().executeSql(
      `update ${schema}.job set state = 'created', started_on = null, heartbeat_on = null
       where name = $1 and id = any($2::uuid[]) and state = 'active'`,
      [queue, jobs.map(({ id }) => id)],
    );
  }
}
