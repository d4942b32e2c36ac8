import { hash } from 'node:crypto';
import { statSync } from 'node:fs';

/** A file as it was written or found. */
export interface KnownFile {
  stamp: Stamp;
  /** Of its text. */
  hash: string;
}

/** What is known to stand in files, so that they need not be read to be compared. */
export class Disk {
  /** From a path below the folder of manifests to what stands there. */
  readonly #known: Map<string, KnownFile>;
  /** The texts that this process wrote or found itself: those that come again need no hash. */
  readonly #texts = new Map<string, string>();

  /** Those that were touched since all was known; undefined where all may have been. */
  #touched: Set<string> | undefined;
  /** The same for the look that is being taken. */
  #looked: ReadonlySet<string> | undefined;
  /** Whether somebody tells of every touch. */
  #told = false;

  constructor(known: Iterable<readonly [string, KnownFile]> = []) {
    this.#known = new Map(known);
  }

  /** Whether a file is known to hold a text, and nobody has touched it since; where not, it is known no longer. */
  holds(folder: string, path: string, text: string): boolean {
    const known = this.#known.get(path);
    if (known === undefined) return false;
    const same = this.#texts.get(path) === text || known.hash === hashOf(text);
    const untouched = this.#looked?.has(path) === false;
    if (same && (untouched || isSameStamp(known.stamp, stampOf(`${folder}/${path}`)))) {
      this.#texts.set(path, text);
      return true;
    }
    this.#forget(path);
    return false;
  }

  /** For who is told of every touch, before each render: what was touched since the last, or undefined for anything. */
  tell(paths: readonly string[] | undefined): void {
    this.#told = true;
    if (paths === undefined) this.#touched = undefined;
    else for (const path of paths) this.#touched?.add(path);
  }

  /** To be called before files are compared. Until `note`, nothing is known for certain. */
  look(): void {
    this.#looked = this.#touched;
    this.#touched = undefined;
  }

  /** All files that may stand there, where that is known. */
  there(): string[] | undefined {
    return this.#looked && [...new Set([...this.#known.keys(), ...this.#looked])];
  }

  /** Remembers that these files hold these texts, and forgets all others. */
  note(folder: string, files: ReadonlyMap<string, string>): void {
    for (const path of this.#known.keys()) if (!files.has(path)) this.#forget(path);
    for (const [path, text] of files) {
      if (this.#known.has(path)) continue;
      this.#texts.set(path, text);
      const stamp = stampOf(`${folder}/${path}`);
      if (stamp !== undefined) this.#known.set(path, { stamp, hash: hashOf(text) });
    }
    if (this.#told) this.#touched = new Set();
  }

  #forget(path: string): void {
    this.#known.delete(path);
    this.#texts.delete(path);
  }

  entries(): [string, KnownFile][] {
    return [...this.#known];
  }
}

/** What tells a file that was touched from one that was not, as Git tells it: size, times and the file's number. */
export type Stamp = readonly [size: number, modified: number, changed: number, inode: number];

export function stampOf(path: string): Stamp | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status && [status.size, status.mtimeMs, status.ctimeMs, status.ino];
}

/** Whether both are stamps, and the same. */
export function isSameStamp(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a !== undefined && b !== undefined && a.every((part, i) => part === b[i]);
}

function hashOf(text: string): string {
  return hash('sha1', text);
}
