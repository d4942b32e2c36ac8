import {
  digestOf,
  headBlob,
  headManifest,
  imageManifestSchema,
  manifestTypes,
  putBlob,
  putManifest,
  type RegistryRepository,
} from '../../images/oci/index.ts';
import { Failure } from '../cli/failure.ts';

/**
 * Copies an image of one platform between registries, byte for byte, by its digest. Existing blobs are not sent again.
 * @throws Failure if the source registry returns another image.
 */
export async function copyBetween(
  from: RegistryRepository,
  to: RegistryRepository,
  { tag, digest }: { tag: string; digest: string },
): Promise<void> {
  if ((await headManifest(to, digest)) === digest && (await headManifest(to, tag)) === digest) return;
  const answer = await get(from, `manifests/${digest}`);
  const text = await answer.text();
  if (digestOf(text) !== digest) {
    throw new Failure(
      `the registry at ${from.url} gives an image of ${from.path} with the digest ${digestOf(text)} for ${digest}.`,
      'Do not trust it: see what stands between this machine and the registry.',
    );
  }
  const { config, layers } = imageManifestSchema.parse(JSON.parse(text));
  for (const blob of [config, ...layers]) {
    if ((await headBlob(to, blob.digest)) === blob.size) continue;
    const { body } = await get(from, `blobs/${blob.digest}`);
    if (body === null) throw new Error(`the registry at ${from.url} gives nothing for ${blob.digest}`);
    // The registry verifies the digest.
    await putBlob(to, body, blob.digest);
  }
  const type = answer.headers.get('content-type') ?? 'application/vnd.oci.image.manifest.v1+json';
  await putManifest(to, tag, type, text);
}

async function get(repository: RegistryRepository, what: string): Promise<Response> {
  const url = new URL(what, `${repository.url}/v2/${repository.path}/`);
  const answer = await (repository.fetch ?? fetch)(url, { headers: { accept: manifestTypes.join(', ') } });
  if (answer.ok) return answer;
  throw new Failure(
    `the registry at ${repository.url} answered ${answer.status} for ${what} of ${repository.path}.`,
    answer.status === 401
      ? 'Sign in there: docker login, or PLINTH_REGISTRY_USER and PLINTH_REGISTRY_PASSWORD.'
      : 'See that it still has that image; publish it there again if not.',
  );
}
