import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';

// Compiling TypeScript and cdk8s takes half of a render's time, so the result is cached by content.
enableCompileCache(join(cacheDir(), 'compile'));
