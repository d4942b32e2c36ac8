import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  digestOf,
  headBlob,
  headManifest,
  imageManifestSchema,
  manifestTypes,
  putBlob,
  putManifest,
  RegistryError,
  type RegistryRepository,
} from '../../images/oci/index.ts';
import { Failure } from '../cli/failure.ts';
import { asLost, registryFailure } from '../delivery/registry.ts';

/**
 * Copies an image of one platform between registries, byte for byte, by its digest. Existing blobs are not sent again, an existing
 * manifest is: it is as young as a new one then.
 * @throws Failure if the source registry returns another image.
 */
export async function copyBetween(
  from: RegistryRepository,
  to: RegistryRepository,
  { tag, digest }: { tag: string; digest: string },
): Promise<void> {
  const isThere = (await headManifest(to, digest)) === digest && (await headManifest(to, tag)) === digest;
  // It is put again nevertheless: the clean-up counts from the last push.
  const holder = isThere ? to : from;
  const answer = await get(holder, `manifests/${digest}`).catch((error: unknown) => {
    throw registryFailure(error, { host: new URL(holder.url).host }, holder.path);
  });
  const text = await answer.text();
  if (digestOf(text) !== digest) {
    throw new Failure(
      `the registry at ${from.url} gives an image of ${from.path} with the digest ${digestOf(text)} for ${digest}.`,
      'Do not trust it: see what stands between this machine and the registry.',
    );
  }
  const { config, layers } = imageManifestSchema.parse(JSON.parse(text));
  for (const blob of [config, ...layers]) {
    if ((await headBlob(to, blob.digest)) !== blob.size) await copyBlob(from, to, blob);
  }
  const type = answer.headers.get('content-type') ?? 'application/vnd.oci.image.manifest.v1+json';
  await putManifest(to, tag, type, text);
}

/** Attempts to copy a blob: a tunnel through the API server can lose its connection, or bytes, half-way. */
const mostTries = 4;

async function copyBlob(
  from: RegistryRepository,
  to: RegistryRepository,
  { digest, size }: { digest: string; size: number },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const hash = createHash('sha256');
    let received = 0;
    try {
      const { body } = await get(from, `blobs/${digest}`);
      if (body === null) throw new Error(`the registry at ${from.url} gives nothing for ${digest}`);
      const measured = async function* () {
        for await (const chunk of body) {
          hash.update(chunk);
          received += chunk.length;
          yield chunk;
        }
      };
      // The registry refuses content with another digest.
      await putBlob(to, measured(), digest);
      return;
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (tries < mostTries) {
        await sleep(200 * 2 ** tries);
        continue;
      }
      if (received === 0 || (received === size && `sha256:${hash.digest('hex')}` === digest)) throw error;
      throw new RegistryError(
        `the registry at ${from.url} sent ${received} of ${size} bytes of ${digest}, or other ones, in each of ${mostTries} attempts`,
      );
    }
  }
}

async function get(repository: RegistryRepository, what: string): Promise<Response> {
  const url = new URL(what, `${repository.url}/v2/${repository.path}/`);
  const init = { headers: { accept: manifestTypes.join(', ') } };
  const answer = await (repository.fetch ?? fetch)(url, init).catch((error: unknown) => {
    throw asLost(error, repository);
  });
  if (answer.ok) return answer;
  if (![401, 403, 404].includes(answer.status)) {
    const refused = await RegistryError.of(answer, repository, what);
    throw registryFailure(refused, { host: url.host }, repository.path);
  }
  throw new Failure(
    `the registry at ${repository.url} answered ${answer.status} for ${what} of ${repository.path}.`,
    answer.status === 401
      ? 'Sign in there: docker login, or PLINTH_REGISTRY_USER and PLINTH_REGISTRY_PASSWORD.'
      : 'See that it still has that image; publish it there again if not.',
  );
}
