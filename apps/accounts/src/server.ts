import { join } from 'node:path';
import { stopOnSignals } from '../../kit/service.ts';
import { startAccounts } from './accounts.ts';

// From src/ as it is written, from dist/ as it is shipped.
stopOnSignals(await startAccounts({ env: process.env, page: join(import.meta.dirname, '../page') }));
