import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { withCacheLock } from '../cache/cache-lock.ts';
import { cacheDir } from '../cache/paths.ts';
import { goModule } from '../go/module.ts';
import { loadLock } from '../lock/read.ts';
import type { Lock, LockArtifact } from '../lock/schema.ts';
import { ensureMirrored, type SupplyOptions } from '../mirror/ensure-image.ts';
import { digestOf } from '../oci/digest.ts';
import { folderEntries } from '../oci/folder-entries.ts';
import { archiveTime, tar } from '../oci/tar.ts';
import { type Report, silent } from '../report.ts';
import { storedGzip } from './stored-gzip.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** Media types that Flux's source-controller expects. */
const configType = 'application/vnd.cncf.flux.config.v1+json';
const contentType = 'application/vnd.cncf.flux.content.v1.tar+gzip';

/** Increase this when the same module gives another artifact. */
const generation = 2;

/** Supplies an artifact of the lock file to the mirror. Returns whether it was missing. */
export async function ensureArtifact(name: string, options: SupplyOptions): Promise<boolean> {
  const artifact = lockArtifact(loadLock(), name);
  const key = artifactKey(artifact);
  return ensureMirrored(name, artifact.ref, key, options, async ({ store, path, tag }) => {
    const { report, signal } = options;
    report(`packing ${artifact.ref}`);
    const { manifest, blobs } = await packArtifact(name, report, signal);
    const made = digestOf(manifest);
    if (artifact.digest !== undefined && artifact.digest !== made) {
      throw new Error(
        `images/lock.yaml, artifacts.${name}: its digest is ${artifact.digest}, and what ${artifact.build.module} ` +
          `${artifact.build.version} makes is ${made}. Write that with: npm run lock -- update ${name}`,
      );
    }
    for (const blob of blobs) await store.putBlob(path, blob, signal);
    const digest = await store.putManifest(path, manifest, tag);
    return {
      digest,
      size: blobs.reduce((sum, blob) => sum + blob.length, manifest.length),
      source: 'built',
    };
  });
}

/** The digest of a lock file artifact built here, the same on every machine. */
export async function artifactDigest(name: string, report: Report, signal?: AbortSignal): Promise<string> {
  return digestOf((await packArtifact(name, report, signal)).manifest);
}

async function packArtifact(
  name: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<{ manifest: string; blobs: Buffer[] }> {
  const artifact = lockArtifact(loadLock(), name);
  await artifactFiles(name, report, signal);
  const content = await pack(folderOf(name, artifactKey(artifact)));
  const config = Buffer.from('{}');
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: contentType, digest: digestOf(content), size: content.length }],
    annotations: {
      'org.opencontainers.image.created': new Date(archiveTime * 1000).toISOString(),
      'org.opencontainers.image.source': `https://${artifact.build.module}`,
      'org.opencontainers.image.revision': artifact.build.version,
    },
  });
  return { manifest, blobs: [config, content] };
}

/** The YAML files of a lock file artifact in the cache, in order; extracted from its Go module if missing. */
export async function artifactFiles(
  name: string,
  report: Report = silent,
  signal?: AbortSignal,
): Promise<string[]> {
  const artifact = lockArtifact(loadLock(), name);
  const folder = folderOf(name, artifactKey(artifact));
  const present = async (): Promise<string[] | undefined> => {
    if (!existsSync(folder)) return undefined;
    const files = readdirSync(folder).sort();
    return files.map((file) => join(folder, file));
  };
  return withCacheLock(`artifact-${name}`, { report, signal, done: present }, async () => {
    const { module, version, paths } = artifact.build;
    report(`fetching ${module} ${version}`);
    const source = await goModule(module, version, signal);
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const wanted = [...source].filter(([file]) => paths.some((path) => isWanted(file, path)));
    for (const [file, content] of wanted) await writeFile(join(partial, basename(file)), content);
    if (wanted.length === 0) {
      throw new Error(
        `${module} ${version} has no YAML file below ${paths.join(', ')}: correct images/lock.yaml, artifacts.${name}`,
      );
    }
    await rename(partial, folder);
    return (await present()) ?? [];
  });
}

/** Matches the given file, or YAML files directly in the folder, except kustomization.yaml, which can refer to files that are not included. */
function isWanted(file: string, path: string): boolean {
  if (file === path) return true;
  const name = file.startsWith(`${path}/`) ? file.slice(path.length + 1) : '';
  return /^[^/]+\.ya?ml$/.test(name) && name !== 'kustomization.yaml';
}

async function pack(folder: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tar(folderEntries(folder))) chunks.push(chunk);
  return storedGzip(Buffer.concat(chunks));
}

function folderOf(name: string, key: string): string {
  return join(cacheDir(), 'artifacts', `${name}-${key}`);
}

function artifactKey(artifact: LockArtifact): string {
  return createHash('sha256')
    .update(JSON.stringify([generation, artifact.ref, artifact.build]))
    .digest('hex')
    .slice(0, 16);
}

function lockArtifact(lock: Lock, name: string): LockArtifact {
  const artifact = lock.artifacts[name];
  if (artifact !== undefined) return artifact;
  const known = Object.keys(lock.artifacts).sort().join(', ');
  throw new Error(`images/lock.yaml has no artifact '${name}'. It has ${known}. Add it under artifacts:`);
}
