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

  constructor(known: Iterable<readonly [string, KnownFile]> = []) {
    this.#known = new Map(known);
  }

  /** Whether a file is known to hold a text, and nobody has touched it since; where not, it is known no longer. */
  holds(folder: string, path: string, text: string): boolean {
    const known = this.#known.get(path);
    if (known === undefined) return false;
    const same = this.#texts.get(path) === text || known.hash === hashOf(text);
    if (same && isSameStamp(known.stamp, stampOf(`${folder}/${path}`))) {
      this.#texts.set(path, text);
      return true;
    }
    this.#forget(path);
    return false;
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
