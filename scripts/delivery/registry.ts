import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  copyImage,
  digestOf,
  headBlob,
  headManifest,
  imageManifestSchema,
  manifestTypes,
  platformName,
  platformSchema,
  putManifest,
  RegistryError,
  type RegistryRepository,
  type StoredImage,
  waitForRegistry,
} from '../../images/oci/index.ts';
import { urlOf } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';
import { teamRegistry } from '../../model/schema/cluster/registry.ts';
import { registryWritePort } from '../../operators/registry/configuration.ts';
import { forwardToPod } from '../call/port-forward.ts';
import { Failure } from '../cli/failure.ts';
import { hasKubeconfig } from '../cluster/client.ts';
import { busyStatuses, patientFetch } from './patient-fetch.ts';
import { registryLogin, withLogin } from './registry-login.ts';

/** The registry of an environment, for reads and pushes. */
export interface TeamRegistry {
  /** Host in image references: `registry.example.org`. */
  host: string;
  /** A repository in it, such as `orders`. */
  repository: (name: string) => RegistryRepository;
  /** Names of repositories whose layers can be mounted instead of sent. */
  siblings: readonly string[];
  close: () => void;
}

/**
 * Address for pushes to a registry from `PLINTH_PUBLISH_REGISTRY`, `HOST=URL,HOST=URL`, for example a tunnel. Undefined if the
 * variable does not have the host; then pushes go to the host at the gateway.
 */
function pushUrl(host: string): string | undefined {
  const entries = (process.env.PLINTH_PUBLISH_REGISTRY ?? '').split(',').filter((entry) => entry !== '');
  for (const entry of entries) {
    const [, name, url] = /^([^=/]+)=(https?:\/\/[^/@?#]+)$/.exec(entry.trim()) ?? [];
    if (url === undefined) {
      throw new Failure(
        `PLINTH_PUBLISH_REGISTRY has '${entry}', and HOST=URL is expected, without path, name and password.`,
        `Set for example: PLINTH_PUBLISH_REGISTRY=${host}=http://127.0.0.1:5001`,
      );
    }
    if (name === host) return url;
  }
  return undefined;
}

/**
 * Opens the registry of an environment. If this machine has the cluster's kubeconfig, the connection goes through the API server to
 * the registry's port for pushes; otherwise to its public address, with this machine's login.
 */
export async function openRegistry(
  { cluster }: Pick<Environment, 'cluster'>,
  names: readonly string[],
  { report, signal }: { report: (message: string) => void; signal?: AbortSignal | undefined },
): Promise<TeamRegistry> {
  const host = teamRegistry(cluster);
  const given = pushUrl(host);
  if (given === undefined && hasKubeconfig(cluster.name)) {
    report(`${host}: through the API server`);
    const way = await forwardToPod(cluster.name, 'registry', registryWritePort).catch((error: unknown) => {
      throw withOtherWay(error, host, urlOf(cluster, host));
    });
    const url = `http://127.0.0.1:${way.port}`;
    await waitForRegistry(url, 30, signal);
    const patient = patientFetch(fetch, { report, signal });
    return { host, siblings: names, repository: (path) => ({ url, path, fetch: patient }), close: way.close };
  }
  const url = given ?? urlOf(cluster, host);
  const login = await registryLogin(host, report);
  const repositories = new Map(
    names.map((path) => {
      const signedIn = withLogin(url, login, `repository:${path}:pull,push`);
      return [path, { url, path, fetch: patientFetch(signedIn, { report, signal }) }];
    }),
  );
  const repository = (path: string): RegistryRepository => {
    const found = repositories.get(path);
    if (found === undefined) throw new Error(`${path} is none of ${names.join(', ')}`);
    return found;
  };
  // A token is valid for one repository and cannot read others.
  return { host, siblings: [], repository, close: () => {} };
}

/** The same failure, with the way to the registry that needs no API server. */
function withOtherWay(error: unknown, host: string, url: string): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(
    `${host} cannot be reached through the API server: ${error.message}`,
    `${error.next}\n  Or go through its public address, with a login: PLINTH_PUBLISH_REGISTRY=${host}=${url}`,
    { cause: error },
  );
}

/** Maximum number of retries of a push after a lost connection. */
const mostTries = 4;

/**
 * Pushes an image by digest and verifies it in the registry: manifest, every blob, and the platform of the nodes. Existing blobs
 * are not sent again, so an interrupted push continues.
 * @throws Failure if the image cannot be pushed; no manifest refers to it then.
 */
export async function pushImage(
  registry: TeamRegistry,
  { name, image, platform }: { name: string; image: StoredImage; platform: string },
  { report, signal }: { report: (message: string) => void; signal?: AbortSignal | undefined },
): Promise<string> {
  const manifest = image.store.manifest(image.path, image.tag);
  if (manifest === undefined) throw new Error(`${image.path}:${image.tag} was not built`);
  refusePlatform(name, await storedPlatform(image, manifest.text), platform);
  const target = { ...registry.repository(name), tag: image.tag };
  for (let tries = 1; ; tries++) {
    try {
      const there =
        (await headManifest(target, manifest.digest)) === manifest.digest &&
        (await headManifest(target, image.tag)) === manifest.digest;
      // Also one that is there: the clean-up counts from the last push.
      if (there) await putManifest(target, image.tag, manifest.type, manifest.text);
      else {
        report(`${name}: pushing`);
        await copyImage(image, target, { siblings: registry.siblings, signal });
      }
      await readBack(registry, { name, digest: manifest.digest, platform });
      return manifest.digest;
    } catch (error) {
      signal?.throwIfAborted();
      if (tries < mostTries && isLost(error)) {
        report(`${name}: ${error instanceof Error ? error.message : error}; going on`);
        await sleep(200 * 2 ** tries, undefined, { signal });
        continue;
      }
      throw registryFailure(error, registry, name);
    }
  }
}

/**
 * Verifies an image in the registry: digest of the manifest, size of every blob, and the platform of the nodes.
 * @throws Failure if one of them differs.
 */
export async function requireImage(
  registry: TeamRegistry,
  image: { name: string; digest: string; platform: string },
): Promise<void> {
  try {
    await readBack(registry, image);
  } catch (error) {
    throw registryFailure(error, registry, image.name);
  }
}

async function readBack(
  registry: TeamRegistry,
  { name, digest, platform }: { name: string; digest: string; platform: string },
): Promise<void> {
  const repository = registry.repository(name);
  const text = await readText(repository, `manifests/${digest}`).catch((error: unknown) => {
    if (!(error instanceof RegistryError) || error.status !== 404) throw error;
    throw new Failure(
      `${registry.host} no longer has ${name}@${digest}, which is published.`,
      'Publish from the machine that built it, which sends it again. Or move the app: npm run publish after a change, or npm run rollback.',
      { cause: error },
    );
  });
  const found = digestOf(text);
  if (found !== digest) {
    throw new Failure(
      `${registry.host}/${name}: the registry gives an image with the digest ${found} for ${digest}.`,
      'Do not trust it: check proxies between this machine and the registry, then type the same command again.',
    );
  }
  const { config, layers } = imageManifestSchema.parse(JSON.parse(text));
  for (const blob of [config, ...layers]) {
    const size = await headBlob(repository, blob.digest);
    if (size === blob.size) continue;
    throw new Failure(
      `${registry.host}/${name}@${digest}: the registry ${size === undefined ? 'lacks' : 'has another size of'} ${blob.digest}.`,
      'Type the same command again, which sends it; if it stays so, the disk of the registry is damaged.',
    );
  }
  const configuration = await readText(repository, `blobs/${config.digest}`);
  refusePlatform(name, platformIn(configuration), platform);
}

/**
 * A manifest or a blob as text; `what` is its path in the repository: `manifests/TAG`, `blobs/DIGEST`.
 * @throws RegistryError if it refuses, or if the connection is lost.
 */
export async function readText(repository: RegistryRepository, what: string): Promise<string> {
  const url = new URL(what, `${repository.url}/v2/${repository.path}/`);
  try {
    const answer = await (repository.fetch ?? fetch)(url, { headers: { accept: manifestTypes.join(', ') } });
    if (answer.ok) return await answer.text();
    throw await RegistryError.of(answer, repository, what);
  } catch (error) {
    throw asLost(error, repository);
  }
}

/** An error of `fetch`, which tells of every lost connection as a TypeError, as one of a registry. Other errors unchanged. */
export function asLost(error: unknown, { url }: RegistryRepository): unknown {
  if (!(error instanceof TypeError)) return error;
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  return new RegistryError(`the registry at ${url} does not answer, or the connection was lost (${why})`, {
    cause: error,
  });
}

function platformIn(configuration: string): string {
  return platformName(platformSchema.parse(JSON.parse(configuration)));
}

async function storedPlatform({ store }: StoredImage, manifest: string): Promise<string> {
  const { config } = imageManifestSchema.parse(JSON.parse(manifest));
  const chunks: Buffer[] = [];
  for await (const chunk of store.openBlob(config.digest)) chunks.push(z.instanceof(Buffer).parse(chunk));
  return platformIn(Buffer.concat(chunks).toString());
}

function refusePlatform(name: string, found: string, wanted: string): void {
  if (found === wanted) return;
  throw new Failure(
    `the image of ${name} is for ${found}, and the nodes are ${wanted}.`,
    `Build it on a machine whose engine runs ${wanted}, in CI for example; or write what the nodes are under nodes[].architecture of cluster.yaml.`,
  );
}

/** Whether a retry can succeed: lost connection, expired token, or busy registry. */
function isLost(error: unknown): boolean {
  if (error instanceof Failure) return false;
  if (!(error instanceof RegistryError)) return true;
  if (error.cause instanceof Failure || isUntrusted(error)) return false;
  return (
    error.status === undefined ||
    (error.status === 401 && error.sent) ||
    // A request that could be repeated was: `patientFetch`.
    (busyStatuses.includes(error.status) && error.sent)
  );
}

/** Names that Node's TLS gives to certificates that it does not accept (OpenSSL, X509_verify_cert_error_string). */
const certificateErrors = /CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/;

/** Whether a request failed because this machine does not trust the certificate. */
function isUntrusted({ cause }: RegistryError): boolean {
  const thrown = cause instanceof Error ? cause.cause : undefined;
  return thrown instanceof Error && 'code' in thrown && certificateErrors.test(String(thrown.code));
}

/** Explains a registry's refusal with the next command; returns other errors unchanged. */
export function registryFailure(error: unknown, { host }: Pick<TeamRegistry, 'host'>, name: string): unknown {
  if (!(error instanceof RegistryError)) return error;
  const options = { cause: error };
  const { status, message } = error;
  // One of ours, thrown while a request was prepared.
  if (error.cause instanceof Failure) return error.cause;
  if (isUntrusted(error)) {
    return new Failure(
      `this machine does not trust the certificate of ${host}: ${message}`,
      'Write its roots, and do what is printed: npm run registry -- trust --env ENVIRONMENT. For another authority: export NODE_EXTRA_CA_CERTS=FILE. Then type the same command again.',
      options,
    );
  }
  if (status !== undefined && busyStatuses.includes(status)) {
    return new Failure(
      `${host} does not serve ${name} at the moment: ${message}`,
      status === 429
        ? 'It has got too many requests. Type the same command again in some minutes: it continues where it stopped.'
        : 'Its clean-up may run, which takes no pushes for some minutes each night from 03:17 UTC, or it starts again: npm run status. Type the same command again later: it continues where it stopped.',
      options,
    );
  }
  if (status === 401) {
    return new Failure(
      `${host} refused access to ${name}: there is no login, or it has expired: ${message}`,
      `Sign in: docker login ${host}. Or set PLINTH_REGISTRY_USER and PLINTH_REGISTRY_PASSWORD. Whoever has the kubeconfig makes a login: npm run registry -- login add NAME`,
      options,
    );
  }
  if (status === 403 || status === 405) {
    return new Failure(
      `${host} refuses the push of ${name}: ${message}`,
      status === 405
        ? `At this address it is only read. Push with the kubeconfig of the cluster, or set PLINTH_PUBLISH_REGISTRY to where it takes pushes.`
        : `Ask the owner of ${host} for the right to push to ${name}.`,
      options,
    );
  }
  if (status === 413 || status === 507 || /no space left|quota/i.test(message)) {
    return new Failure(
      `${host} has no space for the image of ${name}: ${message}`,
      'Give it more (registry.storage in cluster.yaml), or remove images that nothing names, then type the same command again.',
      options,
    );
  }
  return new Failure(
    `the image of ${name} could not be moved to ${host} or looked at there: ${message}`,
    'Type the same command again: it continues where it stopped, and no manifest names the image yet.',
    options,
  );
}
