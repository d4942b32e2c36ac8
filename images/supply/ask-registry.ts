import { fetchOutside } from '../fetch/fetch-outside.ts';
import { whyFailed } from '../fetch/why-failed.ts';
import { basic, parseChallenge } from '../pull/bearer.ts';
import { credentialsOf } from '../pull/credentials.ts';
import { placeOf, type RegistryLocation, registryMirror } from '../pull/registry-place.ts';
import { loginCommand } from '../pull/upstream.ts';
import { silent } from '../report.ts';

/** Result of a request to a registry. */
export interface RegistryAnswer {
  /** Host as in the lock file: `docker.io`. */
  host: string;
  /** `other`: the answer is not that of a registry or not trusted; `silent`: there was no answer. */
  kind: 'registry' | 'other' | 'silent';
  /** Short reason: `403`, `getaddrinfo ENOTFOUND ghcr.io`. */
  said: string;
}

const answerMs = 10_000;

/**
 * Sends a request to the registry of a host, or to its mirror, and a second one if the first answer is not that of a registry.
 * A registry answers with its version or the address of its token service, which a sign-in page of a network does not have.
 * A server with basic authentication and neither header gets a request with this user's login.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
 */
export async function askRegistry(
  host: string,
  options: {
    /** The mirror of cluster.yaml. Default: none. */
    registryMirror?: string;
    /** Time-out of each request. Default: 10 s. */
    timeoutMs?: number;
  } = {},
): Promise<RegistryAnswer> {
  const { timeoutMs = answerMs } = options;
  const place = placeOf({ host, path: '' }, registryMirror(options.registryMirror));
  const first = await askOnce(host, place, timeoutMs);
  return first.kind === 'registry' ? first : askOnce(host, place, timeoutMs);
}

async function askOnce(host: string, place: RegistryLocation, timeoutMs: number): Promise<RegistryAnswer> {
  const response = await ask(host, place, timeoutMs);
  if (!(response instanceof Response)) return response;
  const { status, headers } = response;
  if (isRegistry(response)) return { host, kind: 'registry', said: String(status) };
  const challenge = parseChallenge(headers.get('www-authenticate'));
  if (status === 401 && challenge?.scheme === 'basic') return askByName(host, place, timeoutMs);
  const type = headers.get('content-type')?.split(';')[0];
  return { host, kind: 'other', said: `${status}${type === undefined ? '' : ` with ${type}`}` };
}

/** Requests with this user's login, because a private registry may answer only 401 without one. */
async function askByName(host: string, place: RegistryLocation, timeoutMs: number): Promise<RegistryAnswer> {
  const login = loginCommand(place.host);
  const credentials = await credentialsOf(place, silent);
  if (credentials === undefined)
    return { host, kind: 'other', said: `401, it requires a password: ${login}` };
  const response = await ask(host, place, timeoutMs, { authorization: basic(credentials) });
  if (!(response instanceof Response)) return response;
  const { ok, status, headers } = response;
  if (status === 401) return { host, kind: 'other', said: `401, it refuses the password: ${login}` };
  const isPage = headers.get('content-type')?.startsWith('text/html') === true;
  return { host, kind: ok && !isPage ? 'registry' : 'other', said: String(status) };
}

/** The response to one request, or the result if it fails. */
async function ask(
  host: string,
  { url }: RegistryLocation,
  timeoutMs: number,
  headers: Record<string, string> = {},
): Promise<Response | RegistryAnswer> {
  try {
    const response = await fetchOutside(`${url}/v2/`, { headers, signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response;
  } catch (error) {
    const said = whyFailed(error);
    // A server with an untrusted certificate or without TLS does answer.
    const kind = /certificate|proxy response|SSL routines/i.test(said) ? 'other' : 'silent';
    return { host, kind, said: said === 'no answer in time' ? silence(timeoutMs) : said };
  }
}

function isRegistry({ headers }: Response): boolean {
  return (
    headers.has('docker-distribution-api-version') ||
    /^\s*bearer\s/i.test(headers.get('www-authenticate') ?? '')
  );
}

function silence(timeoutMs: number): string {
  return `no answer in ${Math.round(timeoutMs / 1000)} s`;
}
