import { createHash } from 'node:crypto';
import { artifactDigest } from '../artifacts/artifacts.ts';
import { fetchFile } from '../fetch/fetch-file.ts';
import { publishedFile } from '../fetch/published-file.ts';
import { nodeImageName } from '../node-image/node-image.ts';
import { ownHost, parseReference, type Reference } from '../oci/reference.ts';
import { upstreamDigest } from '../pull/upstream-digest.ts';
import type { Report } from '../report.ts';
import { type Lock, platforms } from './schema.ts';

/** A value of the lock file and what upstream has in its place. */
export interface Compared {
  /** Of the image, program or artifact. */
  name: string;
  /** Its place in the lock file. */
  path: string[];
  /** The request for it. */
  from: string;
  locked?: string | undefined;
  /** Missing where upstream has none, or did not answer. */
  found?: string;
  /** Why nothing was found. */
  problem?: string;
}

/** How upstream is asked; tests ask nobody. */
export interface Ask {
  /** The digest under a tag or digest, as the registry has it. */
  manifest: (reference: Reference, what: string) => Promise<string | undefined>;
  /** The SHA-256 of a file. */
  file: (url: string) => Promise<string>;
  /** The digest of an artifact that is made here. */
  artifact: (name: string) => Promise<string>;
}

/** Asks registries, download hosts and module proxies. */
export function askUpstream(report: Report, signal?: AbortSignal): Ask {
  return {
    manifest: (reference, what) => upstreamDigest(reference, what, { report, signal }),
    file: async (url) => {
      report(`fetching ${url}`);
      return createHash('sha256')
        .update(await fetchFile(url, { signal }))
        .digest('hex');
    },
    artifact: (name) => artifactDigest(name, report, signal),
  };
}

/** How many are asked for at once. */
const concurrency = 6;

/**
 * Compares the lock file with what upstream has: the digest of every image and artifact, and checksums of programs. All of these
 * are large, so that only missing ones are fetched, or those of programs that are named.
 */
export async function compareLock(lock: Lock, names: readonly string[], ask: Ask): Promise<Compared[]> {
  const all = [...images(lock, ask), ...artifacts(lock, ask), ...programs(lock, names, ask)];
  refuseUnknown(lock, names);
  const queue = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const found: Compared[] = [];
  const next = queue.entries();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const [index, { question, ...it }] of next) found[index] = { ...it, ...(await answer(question)) };
    }),
  );
  return found;
}

interface Asked extends Omit<Compared, 'found' | 'problem'> {
  question: () => Promise<string | undefined>;
}

async function answer(question: Asked['question']): Promise<Pick<Compared, 'found' | 'problem'>> {
  try {
    const found = await question();
    return found === undefined ? { problem: 'upstream has none' } : { found };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function images(lock: Lock, ask: Ask): Asked[] {
  return Object.entries(lock.images).flatMap(([name, { ref, digest }]): Asked[] => {
    const reference = parseReference(ref);
    if (reference.host === ownHost) return [];
    // Each version of Kind rebuilds the image of a tag: the digest only has to exist.
    const what = name === nodeImageName && digest !== undefined ? digest : reference.tag;
    const question = (): Promise<string | undefined> => ask.manifest(reference, what);
    return [{ name, path: ['images', name, 'digest'], from: ref, locked: digest, question }];
  });
}

function artifacts(lock: Lock, ask: Ask): Asked[] {
  return Object.entries(lock.artifacts).map(([name, { ref, digest }]) => ({
    name,
    path: ['artifacts', name, 'digest'],
    from: ref,
    locked: digest,
    question: () => ask.artifact(name),
  }));
}

function programs(lock: Lock, names: readonly string[], ask: Ask): Asked[] {
  return Object.entries(lock.binaries).flatMap(([component, { download }]) =>
    Object.keys(download).flatMap((name) =>
      platforms.flatMap((platform): Asked[] => {
        const published = publishedFile(lock, name, platform);
        if (published === undefined) return [];
        const { url, sha256 } = published;
        if (sha256 !== undefined && !names.includes(name)) return [];
        const path = ['binaries', component, 'download', name, 'sha256', platform];
        return [{ name, path, from: url, locked: sha256, question: () => ask.file(url) }];
      }),
    ),
  );
}

function refuseUnknown(lock: Lock, names: readonly string[]): void {
  const known = [
    ...Object.keys(lock.images),
    ...Object.keys(lock.artifacts),
    ...Object.values(lock.binaries).flatMap(({ download }) => Object.keys(download)),
  ];
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new Error(
      `images/lock.yaml has no image, artifact or download '${name}'. It has ${known.sort().join(', ')}.`,
    );
  }
}
