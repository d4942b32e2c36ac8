import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { sha256Of } from '../../images/cache/index.ts';
import { cacheDir } from '../../images/cache/paths.ts';
import type { StoredImage } from '../../images/oci/index.ts';
import { Failure } from '../cli/failure.ts';
import { type BundleIndex, bundleFolders } from './index-file.ts';
import { blobsOf, manifestsBelow } from './read-bundle.ts';
import type { BundleContent } from './write-bundle.ts';

/** Content of a bundle. */
export interface Parts {
  environment: string;
  lock: string;
  platform: string;
  supply: BundleIndex['supply'];
  /** Images and artifacts of the mirror, with the reference that people know. */
  images: readonly (StoredImage & { ref: string })[];
  /** Files and folders below the cache; those that are not there are passed over. */
  cached: readonly string[];
  /** Saved images of the engine's own store, from reference to file. */
  engineImages: ReadonlyMap<string, string>;
  /** Folder for files that are made here. */
  scratch: string;
}

/**
 * The index of a bundle and its files. Blobs come first, and form an OCI layout with `oci-layout` and `index.json`, which other
 * programs read.
 */
export async function bundleContent(parts: Parts): Promise<BundleContent> {
  const sources = new Map<string, string>();
  const files: BundleIndex['files'] = [];
  const add = (path: string, source: string, sha256: string, executable = false): void => {
    if (sources.has(path)) return;
    sources.set(path, source);
    files.push({ path, size: statSync(source).size, sha256, executable });
  };
  const images = parts.images.map(({ store, path, tag, ref }) => ({
    ...addImage({ store, path, tag }, ref, add),
    ref,
  }));
  for (const [name, content] of Object.entries(ociLayout(images))) {
    const source = join(parts.scratch, name);
    await mkdir(parts.scratch, { recursive: true });
    await writeFile(source, content);
    add(name, source, await sha256Of(source));
  }
  for (const file of parts.cached.flatMap((path) => filesBelow(join(cacheDir(), path)))) {
    const path = bundleFolders.cache + relative(cacheDir(), file).split(sep).join('/');
    add(path, file, await sha256Of(file), (statSync(file).mode & 0o100) !== 0);
  }
  for (const [ref, file] of parts.engineImages) {
    add(`${bundleFolders.engine}${ref.replace(/[^a-z0-9.-]+/g, '_')}.tar`, file, await sha256Of(file));
  }
  const { environment, lock, platform, supply } = parts;
  const index: BundleIndex = {
    ...{ format: 1, environment, lock, platform, supply },
    images: images.map(({ repository, tag, digest }) => ({ repository, tag, digest })),
    engineImages: [...parts.engineImages.keys()],
    files,
  };
  return { index, sources };
}

function addImage(
  { store, path, tag }: StoredImage,
  ref: string,
  add: (path: string, source: string, sha256: string) => void,
): BundleIndex['images'][number] & { type: string; size: number } {
  const top = store.manifest(path, tag);
  if (top === undefined) {
    throw new Failure(
      `the mirror of this machine has no ${ref}, which the bundle needs.`,
      'Bring it here: npm run supply. An image of an app: npm run init-cluster',
    );
  }
  const addBlob = (digest: string): void => {
    const hex = digest.replace('sha256:', '');
    if (store.blobSize(digest) === undefined) throw lacks(ref, digest);
    add(`${bundleFolders.blobs}${hex}`, store.blobFile(digest), hex);
  };
  for (const { digest, text } of manifestsBelow(store, top.digest)) {
    addBlob(digest);
    for (const blob of blobsOf(text)) addBlob(blob);
  }
  return { repository: path, tag, digest: top.digest, type: top.type, size: Buffer.byteLength(top.text) };
}

function lacks(ref: string, digest: string): Failure {
  return new Failure(
    `the mirror of this machine lacks ${digest} of ${ref}.`,
    'Bring it here again: npm run supply -- --verify',
  );
}

/** @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
function ociLayout(
  images: readonly { ref: string; digest: string; type: string; size: number }[],
): Record<string, string> {
  const manifests = images.map(({ ref, digest, type, size }) => ({
    mediaType: type,
    digest,
    size,
    annotations: { 'org.opencontainers.image.ref.name': ref },
  }));
  return {
    'oci-layout': JSON.stringify({ imageLayoutVersion: '1.0.0' }),
    'index.json': JSON.stringify({ schemaVersion: 2, manifests }),
  };
}

/** All files below a path, sorted; the path itself where it is a file. */
function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.partial'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
