import { statSync } from 'node:fs';
import type { App } from './app.ts';
import type { Cluster } from './cluster.ts';
import type { Lock } from './lock.ts';
import { moduleSource } from './module-source.ts';
import type { Operator } from './operator.ts';
import { readText } from './read-text.ts';
import type { ReadSource, Source } from './source.ts';

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

  /** What a file says, or its text where that must be found out first; a file whose text was read before says the same. */
  read(root: string, file: string): ReadSource & { text?: string } {
    const stamp = settledStamp(`${root}/${file}`);
    const known = this.#sources.get(file);
    if (stamp !== undefined && known?.stamp === stamp) return { source: known.source, problems: [] };
    this.#stamps.set(file, stamp);
    const { text, problem } = readText(root, file);
    if (problem !== undefined) return { problems: [problem] };
    if (known?.text === text) return { source: this.set(known.source, text), problems: [] };
    const module = this.#modules.get(file);
    if (module?.text !== text) return { text, problems: [] };
    return { source: this.set(moduleSource(file, text, module.value), text), problems: [] };
  }

  /** Remembers a file that says the same as long as its text does; gives it back. */
  set(source: Source, text: string): Source {
    this.#sources.set(source.file, { text, stamp: this.#stamps.get(source.file), source });
    return source;
  }

  /** The same for a TypeScript file that is data, also for the next process. */
  setModule(source: Source, text: string): Source {
    this.#modules.set(source.file, { text, value: source.value });
    return this.set(source, text);
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
