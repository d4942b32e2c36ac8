import { pinnedReference } from '../../images/lock/index.ts';
import type { Environment } from '../../model/graph.ts';

/** The upstream reference of an image of the lock file, with its digest if known. */
export function imageRef(env: Environment, key: string): string {
  const image = env.lock.images[key];
  if (image) return pinnedReference(image);
  throw new Error(`images/lock.yaml has no image '${key}': add it under 'images'`);
}
