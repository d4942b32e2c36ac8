import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import { runGo } from './go-command.ts';
import { cacheDir } from './paths.ts';
import { containerPlatform } from './platform.ts';

const answerSchema = z.object({ Dir: z.string() });

/** The directory with a Go module's files, fetched where the cache lacks it and compared with the checksum database. */
export async function goModule(module: string, version: string, signal?: AbortSignal): Promise<string> {
  const cwd = cacheDir();
  mkdirSync(cwd, { recursive: true });
  const platform = containerPlatform();
  const answer = await runGo(['mod', 'download', '-json', `${module}@${version}`], { cwd, platform, signal });
  return answerSchema.parse(JSON.parse(answer)).Dir;
}
