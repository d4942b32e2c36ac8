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
import { appName } from '../../model/schema/app-name.ts';
import { Failure } from '../cli/failure.ts';
import { isDiskError, remedyOf } from '../files/disk-failure.ts';
import { makeStaging, removeAbandoned } from '../files/staging.ts';

/** Name prefix of folders with unfinished files. */
const prefix = '.new-';

/** The files of a new app, operator or environment. */
export interface NewFiles {
  /** New files: map from path to text. */
  files: Record<string, string>;
  /** Changed files: map from path to new text. */
  changes: Record<string, string>;
  /** Results for the keys of the source file, one line each. */
  report?: string[];
  /** Next steps, one line each. */
  next: string[];
}

/** The written files. */
export interface Written {
  /** Paths, sorted. */
  files: string[];
  /** Restores the previous state; needs no disk space. Call it at most once, and not after `done`. */
  undo(): void;
  /** Deletes the files that undo needs. */
  done(): void;
}

/** Writes all files or, on an error, none. */
export function write(root: string, { files, changes }: NewFiles): Written {
  for (const file of Object.keys(files)) {
    if (!existsSync(join(root, file))) continue;
    throw new Failure(`${file} already exists`, `Edit it, or take another name.`);
  }
  removeAbandoned(root, prefix);
  const undos: (() => void)[] = [];
  const undo = () => {
    for (const step of undos.splice(0).toReversed()) step();
  };
  const step = (back: () => void) => void undos.push(back);
  try {
    // Everything that needs disk space is written to a draft first. The steps below, and undo, only rename files.
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
    throw new Failure(`it cannot be written: ${error.message}. Nothing was written`, remedyOf(error), {
      cause: error,
    });
  }
}

/** Reports each folder that it creates, from the top. */
function makeFolder(path: string, made: (path: string) => void): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path), made);
  mkdirSync(path);
  made(path);
}

/** A name that is valid for folders, objects and host names, also with the suffixes of derived names. */
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
