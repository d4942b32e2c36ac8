import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isJunk } from '../../model/reading/junk.ts';
import { Failure } from '../cli/failure.ts';

/** Folders of npm, Git and running commands, which are not watched. */
const passedOver = /^(?:node_modules|\.git|\.(?:render|new)-.*)$/;

/**
 * Reports every changed file below `root` by its relative path, except in the folder `except`, until `close`. It watches folders, not
 * files, and so also sees an editor that replaces a file by a new one.
 */
export class FolderWatch {
  readonly #root: string;
  readonly #except: string;
  readonly #onChange: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(root: string, except: string, onChange: (path: string) => void) {
    this.#root = root;
    this.#except = relative(root, except);
    this.#onChange = onChange;
    this.#add('.');
  }

  /** Reports changes of these files too, by absolute path. */
  alsoOf(files: Iterable<string>): void {
    for (const file of files) {
      const path = relative(this.#root, dirname(file));
      const watched = path.split('/').every((name) => name !== '..' && !passedOver.test(name));
      if (!watched) this.#watch(path);
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(path: string): void {
    if (!this.#watch(path)) return;
    for (const name of foldersIn(join(this.#root, path)))
      if (this.#isWanted(path, name)) this.#add(join(path, name));
  }

  #isWanted(folder: string, name: string): boolean {
    return !passedOver.test(name) && !isJunk(name) && join(folder, name) !== this.#except;
  }

  /** Whether the folder was added to the watch. */
  #watch(path: string): boolean {
    const folder = join(this.#root, path);
    if (this.#watchers.has(path) || lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      return false;
    const watcher = open(folder, (name) => this.#changed(path, name));
    if (watcher === undefined) return false;
    // The watcher of a removed folder closes with it.
    watcher.on('error', () => this.#forget(path));
    this.#watchers.set(path, watcher);
    return true;
  }

  #changed(folder: string, name: string | null): void {
    if (name === null || !this.#isWanted(folder, name)) return;
    const path = join(folder, name);
    const status = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
    if (status === undefined) this.#forget(path);
    else if (status.isDirectory()) this.#add(path);
    this.#onChange(path);
  }

  #forget(path: string): void {
    for (const [watched, watcher] of this.#watchers) {
      if (watched !== path && !watched.startsWith(`${path}/`)) continue;
      watcher.close();
      this.#watchers.delete(watched);
    }
  }
}

/** Undefined if the folder was removed meanwhile. */
function open(folder: string, onChange: (name: string | null) => void): FSWatcher | undefined {
  try {
    return watch(folder, (_event, name) => onChange(name));
  } catch (error) {
    if (isGone(error)) return undefined;
    if (!(error instanceof Error && 'code' in error && ['ENOSPC', 'EMFILE'].includes(String(error.code))))
      throw error;
    throw new Failure(
      `the kernel watches no more folders for this user: ${error.message}`,
      'Let it watch more: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
      { cause: error },
    );
  }
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code));
}
