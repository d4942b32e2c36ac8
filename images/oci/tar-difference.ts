import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { type TarEntry, tar } from './tar.ts';
import { type RawEntry, rawEntries } from './tar-reader.ts';

/**
 * The difference between two archives as a layer over `base`: new and changed entries, and a whiteout for each removed one (OCI image
 * specification, 'Representing Changes'). Both are read once.
 */
export async function* difference(
  base: AsyncIterable<Buffer>,
  whole: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const below = new Map<string, string>();
  for await (const entry of rawEntries(base)) below.set(entry.path, fingerprint(entry, below));
  const present = new Map<string, string>();
  for await (const entry of rawEntries(whole)) {
    const found = fingerprint(entry, present);
    present.set(entry.path, found);
    if (below.get(entry.path) !== found) yield entry.raw;
  }
  const gone = [...below.keys()].filter((path) => !present.has(path)).sort();
  const whiteouts = gone
    .filter((path) => !gone.includes(dirname(path)))
    .map((path): TarEntry => {
      const name = join(dirname(path), `.wh.${basename(path)}`);
      return { path: name, mode: 0o644, kind: 'file', content: '' };
    });
  yield* tar(whiteouts);
}

/** Equal for entries with equal results. A hard link has the fingerprint of its target, which comes before it. */
function fingerprint({ attributes, target, content }: RawEntry, known: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update(attributes).update(`\0${target}\0`).update(content);
  return hash.update(known.get(target) ?? '').digest('hex');
}
