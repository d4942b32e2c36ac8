import type { Database } from '../../kit/database.ts';
import { log } from '../../kit/log.ts';
import { personalDays } from './context.ts';
import { destroyExpiredAuditEntries } from './repository/audit.ts';
import { destroyEndedImpersonations, modifyOverImpersonationsToEnded } from './repository/impersonations.ts';
import { destroyUnusedSessions } from './repository/sessions.ts';

const hourMs = 3_600_000;
/** Interval at which the ends of impersonations are noted whose time is over. */
const impersonationsMs = 30_000;
/** Longer than Kratos' longest usual session. */
const sessionDays = 60;

/** Once an hour: what is past its retention goes. Several replicas at once do no harm. */
export class Retention {
  #database: Database;
  #timers: NodeJS.Timeout[] = [];
  #running = new Map<string, Promise<void>>();

  constructor(database: Database) {
    this.#database = database;
  }

  start(): void {
    this.#every(hourMs, 'what is past its retention stays until the next hour', () => this.run());
    this.#every(impersonationsMs, 'impersonations whose time is over are noted later', () =>
      modifyOverImpersonationsToEnded(this.#database, personalDays),
    );
  }

  async run(): Promise<void> {
    const entries = await destroyExpiredAuditEntries(this.#database);
    await destroyUnusedSessions(this.#database, sessionDays);
    await destroyEndedImpersonations(this.#database, sessionDays);
    if (entries > 0) log.info('audit entries past their retention went', { entries });
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  /** `failure`: the message of the log. Work that still runs is not begun again. */
  #every(milliseconds: number, failure: string, work: () => Promise<void>): void {
    const timer = setInterval(() => {
      if (this.#running.has(failure)) return;
      const running = work()
        .catch((error: unknown) => log.warn(failure, { error }))
        .finally(() => this.#running.delete(failure));
      this.#running.set(failure, running);
    }, milliseconds);
    this.#timers.push(timer);
  }
}
