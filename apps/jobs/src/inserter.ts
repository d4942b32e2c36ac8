import type { JobInsert, PgBoss } from 'pg-boss';
import { isUnreachable } from '../../kit/reachability.ts';

/** A job to write, with its waiting caller. */
interface Waiting {
  job: JobInsert & { id: string };
  done(made: boolean): void;
  fail(error: unknown): void;
}

/** Maximum number of jobs per statement. */
const most = 200;

/**
 * Writes concurrent jobs with one statement per queue: while a statement runs, new jobs are collected for the
 * next. A single caller does not wait longer; a hundred concurrent ones share the round trip.
 */
export class Inserter {
  #boss: PgBoss;
  #waiting = new Map<string, Waiting[]>();

  constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /** Whether the job was created; false if its id exists already. */
  insert(queue: string, job: Waiting['job']): Promise<boolean> {
    return new Promise((done, fail) => {
      const waiting = this.#waiting.get(queue);
      if (waiting) {
        waiting.push({ job, done, fail });
        return;
      }
      const first = [{ job, done, fail }];
      this.#waiting.set(queue, first);
      void this.#write(queue, first);
    });
  }

  async #write(queue: string, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) await this.#writeBatch(queue, waiting.splice(0, most));
    this.#waiting.delete(queue);
  }

  /**
   * One statement for all; if the database refuses it, one per job, so that an invalid job does not affect
   * others.
   */
  async #writeBatch(queue: string, batch: readonly Waiting[]): Promise<void> {
    try {
      // Of two jobs with one id the first is written, and the other reported as existing.
      const jobs = new Map(batch.toReversed().map(({ job }) => [job.id, job]));
      const made = new Set(await this.#boss.insert(queue, [...jobs.values()].reverse(), { returnId: true }));
      for (const { job, done } of batch) done(made.delete(job.id));
    } catch (error) {
      if (batch.length === 1 || isUnreachable(error)) for (const { fail } of batch) fail(error);
      else for (const one of batch) await this.#writeBatch(queue, [one]);
    }
  }
}
