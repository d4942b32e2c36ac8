import { statSync } from 'node:fs';
import type { App } from './app.ts';
import type { Cluster } from './cluster.ts';
import type { Lock } from './lock.ts';
import type { Operator } from './operator.ts';
import { moduleSource } from './read-module.ts';
import type { Source } from './source.ts';

/** What a TypeScript file exported when it was imported. */
export interface KnownModule {
  text: string;
  value: unknown;
}

/** What descriptions said when they were read before: those that are the same are not imported, parsed and checked again. */
export class KnownSources {
  /** Sources that fitted their schemas, and what they came to. */
  readonly checked = {
    apps: new WeakMap<Source, App>(),
    clusters: new WeakMap<Source, Cluster>(),
    operators: new WeakMap<Source, Operator>(),
    locks: new WeakMap<Source, Lock>(),
  };
  readonly #modules: Map<string, KnownModule>;
  /** Of this process. */
  readonly #sources = new Map<string, { text: string; stamp: string | undefined; source: Source }>();
  /** Of files that are being read, from before they were. */
  readonly #stamps = new Map<string, string | undefined>();

  constructor(modules: Iterable<readonly [string, KnownModule]> = []) {
    this.#modules = new Map(modules);
  }

  /** What a file says, if nobody has touched it since this process read it: then it need not be read again. */
  untouched(root: string, file: string): Source | undefined {
    const stamp = settledStamp(`${root}/${file}`);
    const known = this.#sources.get(file);
    if (stamp !== undefined && known?.stamp === stamp) return known.source;
    this.#stamps.set(file, stamp);
    return undefined;
  }

  /** The same for a file that was read, if its text is the same. */
  same(file: string, text: string): Source | undefined {
    const known = this.#sources.get(file);
    if (known?.text === text) return this.set(known.source, text);
    const module = this.#modules.get(file);
    return module?.text === text ? this.set(moduleSource(file, text, module.value), text) : undefined;
  }

  /** Remembers a file that says the same as long as its text does, as data does; gives it back. */
  set(source: Source, text: string): Source {
    this.#sources.set(source.file, { text, stamp: this.#stamps.get(source.file), source });
    return source;
  }

  /** The same for a TypeScript file, if it imports nothing but the model and names nothing that is another thing tomorrow. */
  setModule(source: Source, text: string): void {
    const imported = [...text.matchAll(/\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(|\bimport\s*['"]/g)];
    const own = imported.every(([, from]) => from !== undefined && /^(\.\.\/)+model\/[\w-]+\.ts$/.test(from));
    if (!own || /\b(process|globalThis|global|Date|Math|crypto|performance|fetch|await)\b/.test(text)) return;
    this.set(source, text);
    this.#modules.set(source.file, { text, value: source.value });
  }

  /** The TypeScript files, for the next process. */
  modules(): [string, KnownModule][] {
    return [...this.#modules];
  }
}

/** In milliseconds: what is written twice within less may bear the same time (ext4 takes that of the last tick). */
const tick = 50;

/** What changes when a file is written or another one takes its place; undefined where that cannot be told yet. */
function settledStamp(path: string): string | undefined {
  try {
    const { size, mtimeMs, ctimeMs, ino, dev } = statSync(path);
    if (Date.now() - Math.max(mtimeMs, ctimeMs) < tick) return undefined;
    return `${size} ${mtimeMs} ${ctimeMs} ${ino} ${dev}`;
  } catch {
    // The reading says why.
    return undefined;
  }
}
