import { fetchOutside } from '../fetch/fetch-outside.ts';
import { whyFailed } from '../fetch/why-failed.ts';
import { basic, parseChallenge } from '../pull/bearer.ts';
import { credentialsOf } from '../pull/credentials.ts';
import { placeOf, type RegistryLocation, registryMirror } from '../pull/registry-place.ts';
import { loginCommand } from '../pull/upstream.ts';
import { silent } from '../report.ts';

/** What came of asking a registry whether it is one. */
export interface RegistryAnswer {
  /** As the lock file names it: `docker.io`. */
  host: string;
  /** `other`: something answered that is none, or that is not trusted; `silent`: nothing did. */
  kind: 'registry' | 'other' | 'silent';
  /** In a few words: `403`, `getaddrinfo ENOTFOUND ghcr.io`. */
  said: string;
}

const answerMs = 10_000;

/**
 * Asks the registry of a host, or the mirror that stands for it, twice where the first answer is none of a registry's. That
 * is one with its version or with where to get a token: a page of a network that wants people to sign in has neither. One that
 * wants a password and has neither is asked with the login of this user.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
 */
export async function askRegistry(
  host: string,
  options: {
    /** The mirror of cluster.yaml. Default: none. */
    registryMirror?: string;
    /** Of each of the two questions. Default: 10 s. */
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

/** Asks with the login of this user: a private registry can want a password and say nothing else of itself. */
async function askByName(host: string, place: RegistryLocation, timeoutMs: number): Promise<RegistryAnswer> {
  const login = loginCommand(place.host);
  const credentials = await credentialsOf(place, silent);
  if (credentials === undefined) return { host, kind: 'other', said: `401, it wants a password: ${login}` };
  const response = await ask(host, place, timeoutMs, { authorization: basic(credentials) });
  if (!(response instanceof Response)) return response;
  const { ok, status, headers } = response;
  if (status === 401) return { host, kind: 'other', said: `401, it refuses the password: ${login}` };
  const isPage = headers.get('content-type')?.startsWith('text/html') === true;
  return { host, kind: ok && !isPage ? 'registry' : 'other', said: String(status) };
}

/** The answer to one request; or, if there was none of a server, what that means. */
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
    // A server whose certificate is not trusted, or that does not speak TLS, is there.
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
