import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { type Lock, type LockArtifact, loadLock } from '../model/lock.ts';
import { withCacheLock } from './cache-lock.ts';
import { goModule } from './go-module.ts';
import { ensureMirrored, type SupplyOptions } from './mirror.ts';
import { digestOf } from './oci/digest.ts';
import { folderEntries } from './oci/folder-entries.ts';
import { archiveTime, tar } from './oci/tar.ts';
import { cacheDir } from './paths.ts';
import { type Report, silent } from './report.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** What Flux's source-controller looks for. */
const configType = 'application/vnd.cncf.flux.config.v1+json';
const contentType = 'application/vnd.cncf.flux.content.v1.tar+gzip';

/** Counts up when the same module makes another artifact. */
const generation = 1;

/** Has an artifact of the lock file in the mirror registry. Returns whether there was something to do. */
export async function ensureArtifact(name: string, options: SupplyOptions): Promise<boolean> {
  const artifact = lockArtifact(loadLock(), name);
  const key = artifactKey(artifact);
  return ensureMirrored(name, artifact.ref, key, options, async ({ store, path, tag }) => {
    const { report, signal } = options;
    await artifactFiles(name, report, signal);
    report(`packing ${artifact.ref}`);
    const content = await pack(folderOf(name, key));
    const config = Buffer.from('{}');
    for (const blob of [config, content]) await store.putBlob(path, blob, signal);
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
    const digest = await store.putManifest(path, manifest, tag);
    return { digest, size: config.length + content.length + manifest.length, source: 'built' };
  });
}

/** The YAML files of an artifact of the lock file, in the cache, in order; taken out of its Go module where missing. */
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
    for (const file of paths.flatMap((path) => yamlFiles(join(source, path)))) {
      await copyFile(file, join(partial, file.slice(file.lastIndexOf('/') + 1)));
    }
    const found = readdirSync(partial);
    if (found.length === 0) {
      throw new Error(
        `${module} ${version} has no YAML file below ${paths.join(', ')}: correct images/lock.yaml, artifacts.${name}`,
      );
    }
    await rename(partial, folder);
    return (await present()) ?? [];
  });
}

/** The files of a folder, or the one file, without kustomization.yaml: it may name files that stay behind. */
function yamlFiles(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return [path];
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => /\.ya?ml$/.test(file) && file !== 'kustomization.yaml')
    .sort()
    .map((file) => join(path, file));
}

async function pack(folder: string): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const packed: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => packed.push(chunk));
  const ended = new Promise<void>((resolve, reject) => gzip.on('end', resolve).on('error', reject));
  for await (const chunk of tar(folderEntries(folder))) gzip.write(chunk);
  gzip.end();
  await ended;
  return Buffer.concat(packed);
}

function folderOf(name: string, key: string): string {
  return join(cacheDir(), 'artifacts', `${name}-${key}`);
}

function artifactKey(artifact: LockArtifact): string {
  return createHash('sha256')
    .update(JSON.stringify([generation, artifact]))
    .digest('hex')
    .slice(0, 16);
}

function lockArtifact(lock: Lock, name: string): LockArtifact {
  const artifact = lock.artifacts[name];
  if (artifact !== undefined) return artifact;
  const known = Object.keys(lock.artifacts).sort().join(', ');
  throw new Error(`images/lock.yaml has no artifact '${name}'. It has ${known}. Add it under artifacts:`);
}
