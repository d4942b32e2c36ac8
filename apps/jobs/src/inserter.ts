import type { JobInsert, PgBoss } from 'pg-boss';
import { isUnreachable } from '../../kit/reachability.ts';

/** A job that waits to be written, and who waits for it. */
interface Waiting {
  job: JobInsert & { id: string };
  done(made: boolean): void;
  fail(error: unknown): void;
}

/** Of one statement. */
const most = 200;

/**
 * Writes jobs of one moment in one statement for each queue: while one is under way, those that come are gathered for the
 * next. One caller alone waits no longer for it; a hundred at once share the way to the database.
 */
export class Inserter {
  #boss: PgBoss;
  #waiting = new Map<string, Waiting[]>();

  constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /** Whether the job was made; it was not where its id is there already. */
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

  /** One statement; where the database refuses it, one for each job: what is wrong with one of them is no other's fault. */
  async #writeBatch(queue: string, batch: readonly Waiting[]): Promise<void> {
    try {
      // Of two with one id the first is written, and the other told that it was there already.
      const jobs = new Map(batch.toReversed().map(({ job }) => [job.id, job]));
      const made = new Set(await this.#boss.insert(queue, [...jobs.values()].reverse(), { returnId: true }));
      for (const { job, done } of batch) done(made.delete(job.id));
    } catch (error) {
      if (batch.length === 1 || isUnreachable(error)) for (const { fail } of batch) fail(error);
      else for (const one of batch) await this.#writeBatch(queue, [one]);
    }
  }
}
