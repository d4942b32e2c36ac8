import { join } from 'node:path';
import { stopOnSignals } from '../../kit/service.ts';
import { startJobs } from './jobs.ts';

// The folder differs between the sources (src/) and the bundle (dist/).
stopOnSignals(await startJobs({ env: process.env, page: join(import.meta.dirname, '../page') }));
