import type { Database } from '../../kit/database.ts';
import { log } from '../../kit/log.ts';
import { destroyExpiredAuditEntries } from './repository/audit.ts';
import { destroyUnusedSessions } from './repository/sessions.ts';

const hourMs = 3_600_000;
/** Longer than Kratos' longest usual session. */
const sessionDays = 60;

/** Once an hour: what is past its retention goes. Several replicas at once do no harm. */
export class Retention {
  #database: Database;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.run()
        .catch((error: unknown) =>
          log.warn('what is past its retention stays until the next hour', { error }),
        )
        .finally(() => {
          this.#running = undefined;
        });
    }, hourMs);
  }

  async run(): Promise<void> {
    const entries = await destroyExpiredAuditEntries(this.#database);
    await destroyUnusedSessions(this.#database, sessionDays);
    if (entries > 0) log.info('audit entries past their retention went', { entries });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
