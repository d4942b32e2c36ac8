import { createHash } from 'node:crypto';

/** A manifest: its path from the root of the repository, and its text. */
export type ManifestFile = readonly [path: string, text: string];

/** `sha256:` and the hash of manifests, in any order. The pod that makes artifacts runs this file too. */
export function contentDigest(files: readonly ManifestFile[]): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, text] of sorted) hash.update(`${path.length} ${path} ${text.length} ${text}`);
  return `sha256:${hash.digest('hex')}`;
}
