import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheDir } from './paths.ts';

const noteSchema = z.object({
  /** Hash of all inputs of the content. */
  key: z.string(),
  ref: z.string(),
  /** Digest of the manifest in the mirror, or the id in the engine's store. */
  digest: z.string(),
  source: z.enum(['built', 'pulled']),
  /** How long it took. */
  seconds: z.number(),
  /** Bytes. */
  size: z.number(),
});

/** Record in the cache of how an image or artifact was supplied. */
export type ImageNote = z.output<typeof noteSchema>;

/** The record of an image or artifact of the lock file; undefined if there is no readable one. */
export function readImageNote(name: string): ImageNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(notePath(name), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the record atomically. */
export async function writeImageNote(name: string, note: ImageNote): Promise<void> {
  const path = notePath(name);
  mkdirSync(join(path, '..'), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(note, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

function notePath(name: string): string {
  return join(cacheDir(), 'images', `${name}.json`);
}
