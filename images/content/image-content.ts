import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { StoredImage } from '../oci/image-store.ts';
import { layerType } from '../oci/layer.ts';
import { imageManifestSchema } from '../oci/media-types.ts';
import { type RawEntry, rawEntries } from '../oci/tar-reader.ts';
import type { ImageFile, ImagePackage } from './image-package.ts';
import { bundledFolders, npmPackage, pythonPackage } from './language-packages.ts';
import { goModules, nodeProgram } from './programs.ts';
import { alpinePackages, debianPackages } from './system-packages.ts';

/** What is in an image. */
export interface ImageContent {
  /** Sorted by file; a package that two files name is there twice. */
  packages: (ImagePackage & { file: string })[];
  /** `ID` and `VERSION_ID` of os-release; undefined without one. */
  distribution: { id: string; version: string | undefined } | undefined;
  /** Folders of npm packages that source maps name: `node_modules/a`. */
  bundled: string[];
}

/** What one file says. */
interface Said {
  packages?: ImagePackage[];
  distribution?: ImageContent['distribution'];
  bundled?: string[];
}

const readers = [debianPackages, alpinePackages, npmPackage, pythonPackage, nodeProgram, goModules];

/**
 * The packages in an image of one platform: those of Debian, Alpine, npm and Python that are installed, modules of Go programs, and Node. Reads
 * its layers from the store; a later one changes and removes files of those below it.
 *
 * @throws Error if the store lacks the image.
 */
export async function imageContent({ store, path, tag }: StoredImage): Promise<ImageContent> {
  const manifest = store.manifest(path, tag);
  if (manifest === undefined) throw new Error(`the mirror has no ${path}:${tag}`);
  const files = new Map<string, Said>();
  for (const { digest, mediaType = layerType } of imageManifestSchema.parse(JSON.parse(manifest.text))
    .layers) {
    const added = new Map<string, Said>();
    for await (const entry of rawEntries(plain(store.openBlob(digest), mediaType))) {
      removeBelow(files, entry);
      const said = saidBy(entry);
      if (said !== undefined) added.set(entry.path, said);
    }
    for (const [file, said] of added) files.set(file, said);
  }
  const all = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    packages: all.flatMap(([file, { packages = [] }]) => packages.map((each) => ({ ...each, file }))),
    distribution: all.find(([, { distribution }]) => distribution !== undefined)?.[1].distribution,
    bundled: [...new Set(all.flatMap(([, { bundled = [] }]) => bundled))].sort(),
  };
}

/** The archive of a layer. */
function plain(blob: Readable, mediaType: string): AsyncIterable<Buffer> {
  if (/[.+]tar$/.test(mediaType)) return blob;
  const decompress = mediaType.endsWith('gzip') ? createGunzip() : createZstdDecompress();
  return blob.on('error', (error) => decompress.destroy(error)).pipe(decompress);
}

/** Forgets files of lower layers that an entry replaces or removes (OCI image specification, 'Representing Changes'). */
function removeBelow(files: Map<string, Said>, { path, attributes }: RawEntry): void {
  const name = posix.basename(path);
  const folder = posix.dirname(path) === '.' ? '' : `${posix.dirname(path)}/`;
  const isOpaque = name === '.wh..wh..opq';
  const gone = isOpaque ? folder : folder + name.replace(/^\.wh\./, '');
  if (!isOpaque) files.delete(gone);
  if (!isOpaque && isFolder(attributes)) return;
  const below = isOpaque ? gone : `${gone}/`;
  for (const file of files.keys()) if (file.startsWith(below)) files.delete(file);
}

function saidBy({ path, content, attributes }: RawEntry): Said | undefined {
  if (!isFile(attributes)) return undefined;
  const file: ImageFile = { path, content };
  if (/^(etc|usr\/lib)\/os-release$/.test(path)) return { distribution: distributionIn(content.toString()) };
  const bundled = bundledFolders(file);
  if (bundled !== undefined) return { bundled };
  for (const reader of readers) {
    const packages = reader(file);
    if (packages !== undefined) return { packages };
  }
  return undefined;
}

function distributionIn(text: string): ImageContent['distribution'] {
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]+)"?$`, 'm').exec(text)?.[1];
  const id = field('ID');
  return id === undefined ? undefined : { id, version: field('VERSION_ID') };
}

/** The type of an entry is the last byte of its attributes: `0` or a zero byte for a file, `5` for a folder. */
function isFile(attributes: Buffer): boolean {
  return ['0', '\0'].includes(String.fromCharCode(attributes.at(-1) ?? 0));
}

function isFolder(attributes: Buffer): boolean {
  return String.fromCharCode(attributes.at(-1) ?? 0) === '5';
}
