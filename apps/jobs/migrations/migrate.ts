import { databaseAccess } from '../../kit/database.ts';
import { migrateJobs } from './schema.ts';

await migrateJobs(databaseAccess('jobs-migrations', process.env), (line) => console.log(line));
