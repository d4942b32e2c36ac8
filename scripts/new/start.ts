import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appName } from '../../model/cluster.ts';
import { Failure } from '../failure.ts';

/** What a new thing begins with. */
export interface Start {
  /** From paths to texts: files that are not there yet. */
  files: Record<string, string>;
  /** From paths to the texts that files which are there become. */
  changes: Record<string, string>;
  /** What to do next, a line each. */
  next: string[];
}

/** What was written. */
export interface Written {
  /** Sorted. */
  files: string[];
  /** Makes everything as it was before. */
  undo(): void;
}

/** Writes all of it or, where something fails, nothing. */
export function write(root: string, { files, changes }: Start): Written {
  for (const file of Object.keys(files)) {
    if (!existsSync(join(root, file))) continue;
    throw new Failure(`${file} is there already`, `Edit it, or take another name.`);
  }
  const before = Object.keys(changes).map((file) => [file, readFileSync(join(root, file))] as const);
  const written: string[] = [];
  const made: string[] = [];
  const undo = () => {
    for (const file of written) rmSync(join(root, file));
    for (const folder of made.toReversed()) rmdirSync(folder);
    for (const [file, bytes] of before) writeFileSync(join(root, file), bytes);
  };
  try {
    for (const [file, text] of Object.entries(files)) {
      made.push(...makeFolder(dirname(join(root, file))));
      writeFileSync(join(root, file), text, { flag: 'wx' });
      written.push(file);
    }
    for (const [file, text] of Object.entries(changes)) writeFileSync(join(root, file), text);
  } catch (error) {
    undo();
    throw error;
  }
  return { files: [...written, ...before.map(([file]) => file)].sort(), undo };
}

/** Gives the folders that it made, from the top. */
function makeFolder(path: string): string[] {
  if (existsSync(path)) return [];
  const above = makeFolder(dirname(path));
  mkdirSync(path);
  return [...above, path];
}

/** A name that folders, objects and host names can have, and what is made of it too. */
export function checkedName(name: string): string {
  const result = appName.safeParse(name);
  if (result.success) return name;
  const near = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  throw new Failure(
    `'${name}' cannot be a name: expected ${result.error.issues[0]?.message}`,
    near === '' ? 'Take another name.' : `Did you mean '${near}'?`,
  );
}

/** A name as a constant of TypeScript: `git-server` becomes `gitServer`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
