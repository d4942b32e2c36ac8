import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';

// Half of a render's time goes to compiling TypeScript and cdk8s: the result is cached by content.
enableCompileCache(join(cacheDir(), 'compile'));
