import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { chmod, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Recipe } from '../go/recipe.ts';
import { cacheDir } from './paths.ts';

const entrySchema = z.object({
  component: z.string(),
  version: z.string(),
  key: z.string(),
  /** How long the build took. */
  seconds: z.number(),
  builtAt: z.string(),
  /** `modified` is in whole seconds. */
  files: z.record(z.string(), z.object({ sha256: z.string(), size: z.number(), modified: z.number() })),
});

/** Content of `entry.json` beside the executables. */
export type Entry = z.output<typeof entrySchema>;

/** Folder of a recipe's executables: `bin/COMPONENT/VERSION-KEY` in the cache. */
export function entryDir(recipe: Recipe): string {
  return join(componentDir(recipe), `${recipe.version}-${recipe.key}`);
}

function componentDir(recipe: Recipe): string {
  return join(cacheDir(), 'bin', recipe.component);
}

/** The entry of a recipe; undefined if there is no readable one. */
export function readEntry(recipe: Recipe): Entry | undefined {
  try {
    return entrySchema.parse(JSON.parse(readFileSync(join(entryDir(recipe), 'entry.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Compares the executables with their recorded state: size and time; also checksums if size or time differ or if
 * `thorough` is set (half a gigabyte takes seconds).
 * Returns the fault, `missing` if nothing was ever built, or undefined if all is well.
 */
export async function faultOf(recipe: Recipe, thorough = false): Promise<string | undefined> {
  const dir = entryDir(recipe);
  if (!existsSync(dir)) return 'missing';
  const entry = readEntry(recipe);
  if (entry === undefined) return 'its entry.json cannot be read';
  for (const executable of Object.keys(recipe.packages)) {
    const noted = entry.files[executable];
    const path = join(dir, executable);
    const found = statSync(path, { throwIfNoEntry: false });
    if (noted === undefined || found === undefined) return `${executable} is missing`;
    if (found.size !== noted.size) return `${executable} has ${found.size} bytes instead of ${noted.size}`;
    if (!thorough && wholeSeconds(found.mtimeMs) === noted.modified) continue;
    if ((await sha256Of(path)) !== noted.sha256) return `${executable} differs from its checksum`;
  }
  return undefined;
}

/** Modification time in whole seconds, as in archives. */
function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** A new directory for a build, beside the place of its result. Leftovers of earlier runs are removed. */
export function openPartial(recipe: Recipe): string {
  const dir = componentDir(recipe);
  mkdirSync(dir, { recursive: true });
  for (const file of readdirSync(dir)) {
    const owner = /^\.partial-(\d+)$/.exec(file)?.[1];
    if (owner !== undefined && !isOther(Number(owner)))
      rmSync(join(dir, file), { recursive: true, force: true });
  }
  const partial = join(dir, `.partial-${process.pid}`);
  mkdirSync(partial);
  return partial;
}

/** Whether another process with this id runs. */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Records checksums, moves the finished directory into place atomically, and removes the component's earlier entries. */
export async function commitPartial(recipe: Recipe, partial: string, seconds: number): Promise<void> {
  const files: Entry['files'] = {};
  for (const executable of Object.keys(recipe.packages)) {
    const path = join(partial, executable);
    await chmod(path, 0o755);
    await flush(path);
    const { size, mtimeMs } = statSync(path);
    files[executable] = { sha256: await sha256Of(path), size, modified: wholeSeconds(mtimeMs) };
  }
  const entry: Entry = {
    component: recipe.component,
    version: recipe.version,
    key: recipe.key,
    seconds,
    builtAt: new Date().toISOString(),
    files,
  };
  await writeFile(join(partial, 'entry.json'), `${JSON.stringify(entry, null, 2)}\n`);
  const target = entryDir(recipe);
  rmSync(target, { recursive: true, force: true });
  await rename(partial, target);
  const dir = componentDir(recipe);
  for (const other of readdirSync(dir)) {
    if (join(dir, other) !== target && !other.startsWith('.partial-'))
      rmSync(join(dir, other), { recursive: true, force: true });
  }
}

/** Syncs a file to the disk, so that the result survives a loss of power. */
async function flush(path: string): Promise<void> {
  const file = await open(path);
  await file.sync();
  await file.close();
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
