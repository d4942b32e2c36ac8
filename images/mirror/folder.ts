import { join } from 'node:path';
import { cacheDir } from '../cache/paths.ts';
import { ImageStore, type StoredImage } from '../oci/image-store.ts';
import { parseReference } from '../oci/reference.ts';

/** The folder that the mirror serves. It belongs to the user, who alone may write it. */
export function mirrorFolder(): string {
  return join(cacheDir(), 'registry');
}

/** Where an upstream reference stands in that folder. */
export function storedImage(ref: string): StoredImage {
  const { host, path, tag } = parseReference(ref);
  return { store: new ImageStore(mirrorFolder()), path: `${host}/${path}`, tag };
}
