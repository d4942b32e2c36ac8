import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';

// Half of a render's time is Node reading TypeScript and cdk8s: what it makes of them is kept, by their content.
enableCompileCache(join(cacheDir(), 'compile'));
