import { join } from 'node:path';
import { stopOnSignals } from '../../kit/service.ts';
import { startJobs } from './jobs.ts';

// From src/ as it is written, from dist/ as it is shipped.
stopOnSignals(await startJobs({ env: process.env, page: join(import.meta.dirname, '../page') }));
