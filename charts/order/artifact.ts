import { createHash } from 'node:crypto';

/** A manifest: its path from the root of the repository, and its text. */
export type ManifestFile = readonly [path: string, text: string];

/**
 * The name of the artifact of a Kustomization: its own, and a hash of the files of its folder, in any order. The pod folder-artifacts runs
 * this file too.
 */
export function artifactName(kustomization: string, files: readonly ManifestFile[]): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [path, text] of sorted) hash.update(`${path.length} ${path} ${text.length} ${text}`);
  return `${kustomization}-${hash.digest('hex').slice(0, 16)}`;
}

/** Annotation of the root Kustomization: the revision of the repository of which all artifacts are made and named. */
export const publishedRevision = 'plinth.io/published-revision';

/** The pod that makes and names artifacts, and its name as a manager of fields. */
export const artifactPublisher = 'folder-artifacts';
