import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import type { DatabaseAccess } from '../../kit/database.ts';
import { migrate } from '../../kit/migrate.ts';

/** Creates and updates the tables of pg-boss, as their owner. Only this program does it. */
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

/** Waits for pg-boss's changes that run while the tables are in use, such as a new index. */
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
