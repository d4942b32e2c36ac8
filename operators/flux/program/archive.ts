import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { contentDigest } from '../../../charts/order/content.ts';
import { tar } from '../../../images/oci/tar.ts';
import { rawEntries } from '../../../images/oci/tar-reader.ts';
import type { PublishedArtifact } from './flux-objects.ts';

/** Most bytes of an unpacked repository. */
const mostBytes = 256 * 1024 * 1024;

/** The files of an archive by their paths. */
export type Files = ReadonlyMap<string, string>;

/** Fetches an artifact of Flux and reads its files. @throws Error if it cannot be fetched or does not have its digest. */
export async function fetchFiles({ url, digest }: PublishedArtifact): Promise<Files> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  const found = sha256(bytes);
  if (found !== digest) throw new Error(`${url} has the digest ${found}, and should have ${digest}`);
  const archive = await promisify(gunzip)(bytes, { maxOutputLength: mostBytes });
  const files = new Map<string, string>();
  for await (const { path, content, attributes } of rawEntries(chunks(archive))) {
    // The last byte is the type of the entry: a regular file.
    if (attributes.at(-1) === 0x30) files.set(path, content.toString());
  }
  return files;
}

/** What Flux applies of some folders. */
export interface Cut {
  /** The declared digest of their manifests, followed by the real one where somebody has changed them without it. */
  revision: string;
  digest: string;
  archive: Buffer;
}

/**
 * The archive of some folders of a repository, byte for byte the same for the same files.
 * @param declared The digest of the files that their Kustomizations name, and that others wait for.
 */
export async function cut(files: Files, folders: readonly string[], declared: string): Promise<Cut> {
  const chosen = [...files]
    .filter(([path]) => folders.some((folder) => path.startsWith(`${folder}/`)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = chosen.map(([path, content]) => ({ path, content, kind: 'file' as const, mode: 0o644 }));
  const parts: Buffer[] = [];
  for await (const part of tar(entries)) parts.push(part);
  const archive = await promisify(gzip)(Buffer.concat(parts));
  const real = contentDigest(chosen);
  const revision = real === declared ? declared : `${declared}+${real.slice('sha256:'.length).slice(0, 12)}`;
  return { revision, digest: sha256(archive), archive };
}

async function* chunks(archive: Buffer): AsyncGenerator<Buffer> {
  yield archive;
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
