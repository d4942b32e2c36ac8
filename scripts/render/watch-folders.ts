import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';

/** What npm, Git, editors and renders leave beside what people write. */
const passedOver = /^(?:node_modules|\.git|\.render-.*)$|~$|\.swp$/;

/**
 * Tells of every change of a file below these paths (folders or files, from `root`), by its path from there, until
 * `close`. A folder is watched, not its files: an editor that puts a new file in place of the old one is seen too.
 */
export class FolderWatch {
  readonly #root: string;
  readonly #onChange: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(root: string, paths: readonly string[], onChange: (path: string) => void) {
    this.#root = root;
    this.#onChange = onChange;
    for (const path of paths) this.#add(path);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(path: string): void {
    const folder = join(this.#root, path);
    if (this.#watchers.has(path) || lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      return;
    const watcher = open(folder, (name) => this.#changed(path, name));
    if (watcher === undefined) return;
    // A folder that goes away takes its watcher along.
    watcher.on('error', () => this.#forget(path));
    this.#watchers.set(path, watcher);
    for (const name of foldersIn(folder)) if (!passedOver.test(name)) this.#add(`${path}/${name}`);
  }

  #changed(folder: string, name: string | null): void {
    if (name === null || passedOver.test(name)) return;
    const path = `${folder}/${name}`;
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

/** None where the folder has gone away since somebody saw it. */
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
