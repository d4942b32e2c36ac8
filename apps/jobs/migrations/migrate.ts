import { databaseAccess } from '../../kit/database.ts';
import { asJob } from '../../kit/migrate.ts';
import { migrateJobs } from './schema.ts';

await asJob(() => migrateJobs(databaseAccess('jobs-migrations', process.env), (line) => console.log(line)));
