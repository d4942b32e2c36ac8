import { join } from 'node:path';
import { cacheDir } from '../cache/paths.ts';
import { ImageStore, type StoredImage } from '../oci/image-store.ts';
import { parseReference } from '../oci/reference.ts';

/** Folder that the mirror serves. Only the current user can write it. */
export function mirrorFolder(): string {
  return join(cacheDir(), 'registry');
}

/** Place of an upstream reference in that folder. */
export function storedImage(ref: string): StoredImage {
  const { host, path, tag } = parseReference(ref);
  return { store: new ImageStore(mirrorFolder()), path: `${host}/${path}`, tag };
}
