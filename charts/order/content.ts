import { createHash } from 'node:crypto';
import { onceEach } from '../../model/once-each.ts';
import type { SpecOf } from '../kube/custom-resource.ts';

/** A manifest: its path from the root of the repository, and its text. */
export type ManifestFile = readonly [path: string, text: string];

/** The name of an image that no pod uses. */
export const contentName = 'plinth.io/content';

/**
 * Puts the hash of a folder into the `spec` of its Kustomization. The Kustomization then has a new generation
 * exactly if the folder has changed, and its status shows whether it was applied since. An annotation would
 * not change the generation, and no other field of the kind accepts free text without an effect on the
 * applied objects.
 */
export function contentField(digest: string): Pick<SpecOf<'Kustomization'>, 'images'> {
  return { images: [{ name: contentName, digest }] };
}

/** `sha256:` and the hash of the files of one folder, in any order. */
export const contentDigest = onceEach((files: readonly ManifestFile[]): string => {
  const hash = createHash('sha256');
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, text] of sorted) hash.update(`${path.length} ${path} ${text.length} ${text}`);
  return `sha256:${hash.digest('hex')}`;
});
