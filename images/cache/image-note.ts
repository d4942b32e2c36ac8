import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheDir } from './paths.ts';

const noteSchema = z.object({
  /** Of all that decided the content. */
  key: z.string(),
  ref: z.string(),
  /** Of the manifest in the mirror, or the id in the engine's store. */
  digest: z.string(),
  source: z.enum(['built', 'pulled']),
  /** How long it took. */
  seconds: z.number(),
  /** Bytes. */
  size: z.number(),
});

/** How an image or artifact was had, kept in the cache. */
export type ImageNote = z.output<typeof noteSchema>;

/** The note on an image or artifact of the lock file; `undefined` where there is none that can be read. */
export function readImageNote(name: string): ImageNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(notePath(name), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the note at once. */
export async function writeImageNote(name: string, note: ImageNote): Promise<void> {
  const path = notePath(name);
  mkdirSync(join(path, '..'), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(note, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

function notePath(name: string): string {
  return join(cacheDir(), 'images', `${name}.json`);
}
