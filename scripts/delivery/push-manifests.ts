import { isDeepStrictEqual } from 'node:util';
import { type PublishedImages, publishedImagesFile } from '../../model/schema/published-images.ts';
import { writePublished } from './images-file.ts';
import type { ManifestChange } from './make-commit.ts';
import type { Manifests } from './render-commit.ts';

/** The state of an environment in its manifest repository. */
export interface PublishedState {
  images: PublishedImages | undefined;
  manifests: Manifests;
}

/** The commit that gives an environment these manifests; undefined if it already has them, with the same versions and sources. */
export function environmentChange(
  environment: string,
  before: PublishedState,
  after: { images: PublishedImages; manifests: Manifests },
  message: string,
): ManifestChange | undefined {
  if (isDeepStrictEqual(before, { images: after.images, manifests: after.manifests })) return undefined;
  const file = publishedImagesFile(environment);
  return {
    files: new Map([...after.manifests, [file, writePublished(after.images)]]),
    replaces: [`manifests/${environment}`, file],
    message,
  };
}
