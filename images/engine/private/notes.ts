import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PrivatePaths } from './private-paths.ts';

const notesSchema = z.object({
  /** The addresses that all bridges of the engine share. */
  pool: z.string(),
  /** State of the machine before the engine was started, until it is restored. */
  before: z
    .object({
      boot: z.string(),
      chains: z.boolean(),
      forward: z.string(),
      ipForward: z.string(),
    })
    .optional(),
});

/** Persistent state of a private engine. */
export type Notes = z.output<typeof notesSchema>;

/** The notes; undefined if there are no readable ones. */
export function readNotes(paths: PrivatePaths): Notes | undefined {
  try {
    return notesSchema.parse(JSON.parse(readFileSync(paths.notes, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the notes atomically. */
export async function writeNotes(paths: PrivatePaths, notes: Notes): Promise<void> {
  const fresh = `${paths.notes}.new`;
  await writeFile(fresh, `${JSON.stringify(notes, null, 2)}\n`);
  await rename(fresh, paths.notes);
}
