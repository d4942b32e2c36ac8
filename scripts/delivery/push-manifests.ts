import { isDeepStrictEqual } from 'node:util';
import { type PublishedImages, publishedImagesFile } from '../../model/schema/published-images.ts';
import { writePublished } from './images-file.ts';
import type { ManifestChange } from './manifest-remote.ts';
import type { Manifests } from './render-commit.ts';

/** The state of an environment in its manifest repository. */
export interface PublishedState {
  images: PublishedImages | undefined;
  manifests: Manifests;
}

/** The commit that gives an environment these manifests; undefined if it already has them and runs the same versions. */
export function environmentChange(
  environment: string,
  before: PublishedState,
  after: { images: PublishedImages; manifests: Manifests },
  message: string,
): ManifestChange | undefined {
  const sameImages = isDeepStrictEqual(before.images?.apps, after.images.apps);
  if (sameImages && isDeepStrictEqual(before.manifests, after.manifests)) return undefined;
  const file = publishedImagesFile(environment);
  return {
    files: new Map([...after.manifests, [file, writePublished(after.images)]]),
    replaces: [`manifests/${environment}`, file],
    message,
  };
}
