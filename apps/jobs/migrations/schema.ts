import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import type { DatabaseAccess } from '../../kit/database.ts';
import { migrate } from '../../kit/migrate.ts';

/** The tables are pg-boss's own: it makes them and brings them up to date, here alone, as their owner. */
export async function migrateJobs(access: DatabaseAccess, report: (line: string) => void): Promise<void> {
  try {
    await migrate({
      config: access.config,
      report,
      after: async () => {
        const boss = new PgBoss({ ...access.config, schedule: false, supervise: false });
        boss.on('error', (error) => report(`pg-boss: ${error.message}`));
        await boss.start();
        try {
          await changesDone(boss);
          report(`pg-boss: schema ${await boss.schemaVersion()}`);
        } finally {
          await boss.stop({ graceful: false, close: true });
        }
      },
    });
  } finally {
    access.close();
  }
}

/** What pg-boss changes while others go on using its tables, such as a new index. */
async function changesDone(boss: PgBoss): Promise<void> {
  for (;;) {
    const found = await boss.getBamStatus();
    const open = found.filter(({ status }) => status === 'pending' || status === 'in_progress');
    const failed = found.find(({ status }) => status === 'failed');
    if (failed)
      throw new Error(`pg-boss could not change its tables: ${failed.count} of its commands failed`);
    if (open.length === 0) return;
    await sleep(500);
  }
}
