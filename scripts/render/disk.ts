import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** What is known to stand in files, so that they need not be read to be compared. */
export class Disk {
  /** From a path below the folder of manifests to the file's stamp and to the hash of its text. */
  readonly #known: Map<string, Known>;

  constructor(known: Iterable<readonly [string, Known]> = []) {
    this.#known = new Map(known);
  }

  /** Whether a file is known to hold a text, and nobody has touched it since. */
  holds(folder: string, path: string, text: string): boolean {
    const known = this.#known.get(path);
    return known !== undefined && known.hash === hashOf(text) && known.stamp === stampOf(join(folder, path));
  }

  /** Remembers that these files hold these texts, and forgets all others. */
  note(folder: string, files: ReadonlyMap<string, string>): void {
    this.#known.clear();
    for (const [path, text] of files) {
      const stamp = stampOf(join(folder, path));
      if (stamp !== undefined) this.#known.set(path, { stamp, hash: hashOf(text) });
    }
  }

  entries(): [string, Known][] {
    return [...this.#known];
  }
}

interface Known {
  stamp: string;
  hash: string;
}

/** What tells a file that was touched from one that was not, as Git tells it: size, times and the file's number. */
export function stampOf(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status && `${status.size} ${status.mtimeMs} ${status.ctimeMs} ${status.ino}`;
}

function hashOf(text: string): string {
  return hash('sha1', text);
}
