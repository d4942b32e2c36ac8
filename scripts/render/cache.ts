import { onDisk } from './disk-failure.ts';
import { codeHash, descriptionHash } from './fingerprint.ts';
import { isUntouched, type LastRender, lastRender } from './last-render.ts';
import { Memory } from './memory.ts';
import type { RenderResult } from './render.ts';
import { Store } from './store.ts';

/**
 * What renders of one repository into one folder leave for the next, outside of the repository. Where nothing has
 * changed since, there is nothing to do; where a description has, only what depends on it is made again; where the
 * program has, everything.
 */
export class RenderCache {
  readonly #out: string;
  readonly #environment: string | undefined;
  /** Taken before anything is read: what changes while a render runs is a change for the next one. */
  readonly #descriptions: string;
  readonly #last: Store;
  readonly #memory: Store;

  constructor(root: string, out: string, environment: string | undefined) {
    const code = codeHash();
    this.#out = out;
    this.#environment = environment;
    this.#descriptions = descriptionHash(root);
    this.#last = new Store('last', [root, out, environment], code);
    this.#memory = new Store('memory', [root, out, environment], code);
  }

  /** The last render, if the next one would come to the same and its files stand untouched. */
  untouched(): LastRender | undefined {
    const bytes = this.#last.read();
    if (bytes === undefined) return undefined;
    const last: LastRender = JSON.parse(bytes.toString());
    if (last.hash !== this.#descriptions) return undefined;
    return onDisk(this.#out, () => isUntouched(this.#out, this.#environment, last)) ? last : undefined;
  }

  memory(): Memory {
    const bytes = this.#memory.read();
    return bytes === undefined ? new Memory() : Memory.from(bytes);
  }

  /** To be called when the files were written. */
  save(memory: Memory, { environments, files }: RenderResult): void {
    const names = environments.map(({ name }) => name);
    const paths = [...files.keys()].map((path) => path.slice('manifests/'.length));
    this.#memory.write(memory.bytes());
    this.#last.write(Buffer.from(JSON.stringify(lastRender(this.#out, this.#descriptions, names, paths))));
  }
}
