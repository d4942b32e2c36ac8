import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** For tests: a small repository in which everything is right. */
export const shop = join(import.meta.dirname, 'fixtures', 'shop');

/** What to do to a file: replace a text that is in it, write it anew, or remove it. */
export type Edit =
  | readonly [file: string, search: string, replacement: string]
  | readonly [file: string, text: string | null];

/** For tests: a copy of `shop` with edits, in a folder of its own, which is removed when `use` is done. */
export async function withEdits<T>(edits: readonly Edit[], use: (root: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'plinth-shop-'));
  try {
    cpSync(shop, root, { recursive: true });
    for (const [file, first, replacement] of edits) {
      const path = join(root, file);
      mkdirSync(dirname(path), { recursive: true });
      if (first === null) rmSync(path);
      else if (replacement === undefined) writeFileSync(path, first);
      else {
        const text = readFileSync(path, 'utf8');
        if (!text.includes(first)) throw new Error(`${file} does not hold: ${first}`);
        writeFileSync(
          path,
          text.replace(first, () => replacement),
        );
      }
    }
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
