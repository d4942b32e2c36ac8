import { join } from 'node:path';
import { databaseAccess } from '../../kit/database.ts';
import { asJob, migrate } from '../../kit/migrate.ts';

await asJob(async () => {
  const access = databaseAccess('orders-migrations', process.env);
  try {
    await migrate({
      config: access.config,
      // In the bundle, dist/, the SQL files are one folder up.
      folder: join(import.meta.dirname, '..'),
      report: (line) => console.log(line),
    });
  } finally {
    access.close();
  }
});
