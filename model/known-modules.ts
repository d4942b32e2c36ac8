import { createHash } from 'node:crypto';

/** What descriptions said when they were imported before, so that those that are the same need not be imported again. */
export class KnownModules {
  readonly #known = new Map<string, { hash: string; value: unknown }>();

  constructor(known: Iterable<readonly [string, { hash: string; value: unknown }]> = []) {
    for (const [file, entry] of known) this.#known.set(file, entry);
  }

  /** What a file says, if it says the same as before; undefined where that is not known. */
  get(file: string, text: string): unknown {
    const entry = this.#known.get(file);
    return entry?.hash === hashOf(text) ? entry.value : undefined;
  }

  /**
   * Remembers a file that says the same as long as its text does: one that imports nothing but the model, and names
   * nothing that is another thing tomorrow.
   */
  set(file: string, text: string, value: unknown): void {
    const imported = [...text.matchAll(/\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(|\bimport\s*['"]/g)];
    const own = imported.every(([, from]) => from !== undefined && /^(\.\.\/)+model\/[\w-]+\.ts$/.test(from));
    if (!own || /\b(process|globalThis|global|Date|Math|crypto|performance|fetch|await)\b/.test(text)) return;
    this.#known.set(file, { hash: hashOf(text), value });
  }

  entries(): [string, { hash: string; value: unknown }][] {
    return [...this.#known];
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
