import { z } from 'zod';
import {
  digestOf,
  headBlob,
  putBlob,
  putManifest,
  RegistryError,
  type RegistryRepository,
} from '../../images/oci/index.ts';
import { Failure } from '../cli/failure.ts';
import { readText } from '../delivery/registry.ts';

/** A signature or an attestation of an image: one layer of the artifact that cosign puts beside the image. */
export interface ProofLayer {
  mediaType: string;
  annotations: Readonly<Record<string, string>>;
  content: string;
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
};

/** Largest proof that is read or written, in bytes: a bill of materials of some 20,000 packages. */
const mostBytes = 8 * 1024 * 1024;

const artifactSchema = z.object({
  layers: z.array(
    z.object({
      mediaType: z.string(),
      digest: z.string(),
      size: z.int().nonnegative(),
      annotations: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** The proofs under a tag; none if the repository does not have it. Layers whose bytes have another digest, or that are too large, are none. */
export async function readProofs(repository: RegistryRepository, tag: string): Promise<ProofLayer[]> {
  const text = await readArtifact(repository, tag);
  return text === undefined ? [] : proofsIn(repository, text);
}

async function readArtifact(repository: RegistryRepository, tag: string): Promise<string | undefined> {
  return readText(repository, `manifests/${tag}`).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  });
}

async function proofsIn(repository: RegistryRepository, text: string): Promise<ProofLayer[]> {
  const { layers } = artifactSchema.parse(JSON.parse(text));
  const read = layers
    .filter(({ size }) => size <= mostBytes)
    .map(async ({ mediaType, annotations, digest }) => {
      const content = await readText(repository, `blobs/${digest}`);
      return digestOf(content) === digest ? [{ mediaType, annotations, content }] : [];
    });
  return (await Promise.all(read)).flat();
}

/**
 * Adds proofs to those that are under a tag; none twice. What is there is put again, unchanged, because the clean-up of the registry
 * counts from the last push.
 * @throws Failure if one is too large to be read again.
 */
export async function addProofs(
  repository: RegistryRepository,
  tag: string,
  added: readonly ProofLayer[],
): Promise<void> {
  const artifact = await readArtifact(repository, tag);
  const before = artifact === undefined ? [] : await proofsIn(repository, artifact);
  const fresh = added.filter((one) => !before.some((other) => isSame(one, other)));
  if (fresh.length === 0) {
    if (artifact !== undefined) await putManifest(repository, tag, types.manifest, artifact);
    return;
  }
  const large = fresh.find(({ content }) => Buffer.byteLength(content) > mostBytes);
  if (large !== undefined) {
    throw new Failure(
      `what is said of an image of ${repository.path} (${large.annotations.predicateType ?? large.mediaType}) has more than ${mostBytes / 2 ** 20} MiB.`,
      'Take packages out of the image that it does not need: a bill of materials lists each of them.',
    );
  }
  const layers = [...before, ...fresh];
  const config = configOf(layers);
  for (const content of [config, ...fresh.map((layer) => layer.content)]) {
    const digest = digestOf(content);
    if ((await headBlob(repository, digest)) !== undefined) continue;
    await putBlob(repository, chunksOf(content), digest);
  }
  await putManifest(
    repository,
    tag,
    types.manifest,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptor(types.config, config),
      layers: layers.map(({ mediaType, annotations, content }) => ({
        ...descriptor(mediaType, content),
        annotations,
      })),
    }),
  );
}

function isSame(one: ProofLayer, other: ProofLayer): boolean {
  return (
    one.content === other.content && JSON.stringify(one.annotations) === JSON.stringify(other.annotations)
  );
}

/** A configuration as every artifact of cosign has: it says nothing but the layers. */
function configOf(layers: readonly ProofLayer[]): string {
  const created = '0001-01-01T00:00:00Z';
  return JSON.stringify({
    architecture: '',
    created,
    history: layers.map(() => ({ created })),
    os: '',
    rootfs: { type: 'layers', diff_ids: layers.map(({ content }) => digestOf(content)) },
    config: {},
  });
}

function descriptor(mediaType: string, content: string) {
  return { mediaType, size: Buffer.byteLength(content), digest: digestOf(content) };
}

async function* chunksOf(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}
