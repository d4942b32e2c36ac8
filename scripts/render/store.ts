import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../images/paths.ts';

/**
 * Bytes that outlive the process, in the cache: for one repository, folder of manifests and choice of environments.
 * What cannot be read, was cut short or belongs to other code is as if it were not there.
 */
export class Store {
  readonly #path: string;
  /** What has to be the same for the bytes to be of use. */
  readonly #code: string;

  constructor(kind: string, of: readonly (string | undefined)[], code: string) {
    const name = hash('sha256', JSON.stringify(of)).slice(0, 16);
    this.#path = join(cacheDir(), 'render', `${name}.${kind}`);
    this.#code = code;
  }

  read(): Buffer | undefined {
    try {
      const all = readFileSync(this.#path);
      const bytes = all.subarray(sumLength);
      return all.subarray(0, sumLength).equals(this.#sum(bytes)) ? bytes : undefined;
    } catch {
      // Not there, or no file: made anew either way.
      return undefined;
    }
  }

  /** In place at once or not at all. A cache that cannot be written makes the next run slower, and no run wrong. */
  write(bytes: Buffer): void {
    const draft = `${this.#path}.${process.pid}`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(draft, Buffer.concat([this.#sum(bytes), bytes]));
      renameSync(draft, this.#path);
    } catch {
      if (existsSync(draft)) rmSync(draft);
    }
  }

  #sum(bytes: Buffer): Buffer {
    return hash('sha256', Buffer.concat([Buffer.from(this.#code), bytes]), 'buffer');
  }
}

/** Of a SHA-256. */
const sumLength = 32;
