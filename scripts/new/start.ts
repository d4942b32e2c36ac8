import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { appName } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import { isDiskError, remedyOf } from '../files/disk-failure.ts';
import { makeStaging, removeAbandoned } from '../files/staging.ts';

/** Of folders that hold what is being written. */
const prefix = '.new-';

/** What a new thing begins with. */
export interface NewFiles {
  /** From paths to texts: files that are not there yet. */
  files: Record<string, string>;
  /** From paths to the texts that files which are there become. */
  changes: Record<string, string>;
  /** What became of what it was made from, a line each. */
  report?: string[];
  /** What to do next, a line each. */
  next: string[];
}

/** What was written. */
export interface Written {
  /** Sorted. */
  files: string[];
  /** Makes everything as it was before; needs no room on the disk. To be called at most once, and not after `done`. */
  undo(): void;
  /** Gives up what undo would need. */
  done(): void;
}

/** Writes all of it or, where something fails, nothing. */
export function write(root: string, { files, changes }: NewFiles): Written {
  for (const file of Object.keys(files)) {
    if (!existsSync(join(root, file))) continue;
    throw new Failure(`${file} is there already`, `Edit it, or take another name.`);
  }
  removeAbandoned(root, prefix);
  const undos: (() => void)[] = [];
  const undo = () => {
    for (const step of undos.splice(0).toReversed()) step();
  };
  const step = (back: () => void) => void undos.push(back);
  try {
    // Whatever needs room is written beside what is there. What follows moves names only, and so does the way back.
    const staging = makeStaging(root, prefix);
    step(() => rmSync(staging, { recursive: true, force: true }));
    const texts = { ...files, ...changes };
    const drafts = new Map(Object.keys(texts).map((file, i) => [file, join(staging, String(i))]));
    for (const [file, draft] of drafts) {
      writeFileSync(draft, texts[file] ?? '');
      if (!Object.hasOwn(changes, file)) continue;
      copyFileSync(join(root, file), `${draft}-before`);
      chmodSync(draft, statSync(join(root, file)).mode);
    }
    for (const [file, draft] of drafts) {
      const path = join(root, file);
      if (Object.hasOwn(files, file)) {
        makeFolder(dirname(path), (made) => step(() => rmdirSync(made)));
        renameSync(draft, path);
        step(() => rmSync(path));
      } else {
        renameSync(draft, path);
        step(() => renameSync(`${draft}-before`, path));
      }
    }
    const done = () => {
      undos.length = 0;
      rmSync(staging, { recursive: true, force: true });
    };
    return { files: Object.keys(texts).sort(), undo, done };
  } catch (error) {
    undo();
    if (error instanceof Failure || !isDiskError(error)) throw error;
    throw new Failure(`it cannot be written: ${error.message}. Nothing was`, remedyOf(error), {
      cause: error,
    });
  }
}

/** Tells of each folder that it made, from the top. */
function makeFolder(path: string, made: (path: string) => void): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path), made);
  mkdirSync(path);
  made(path);
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
