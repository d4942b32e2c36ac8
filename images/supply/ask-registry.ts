import { fetchOutside } from '../fetch/fetch-outside.ts';
import { whyFailed } from '../fetch/why-failed.ts';
import { placeOf, registryMirror } from '../pull/registry-place.ts';

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
 * is one with its version or with where to get a token: a page of a network that wants people to sign in has neither.
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
  const { url } = placeOf({ host, path: '' }, registryMirror(options.registryMirror));
  const first = await askOnce(host, url, timeoutMs);
  return first.kind === 'registry' ? first : askOnce(host, url, timeoutMs);
}

async function askOnce(host: string, url: string, timeoutMs: number): Promise<RegistryAnswer> {
  try {
    const response = await fetchOutside(`${url}/v2/`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    const known =
      response.headers.has('docker-distribution-api-version') ||
      /^\s*bearer\s/i.test(response.headers.get('www-authenticate') ?? '');
    const type = response.headers.get('content-type')?.split(';')[0];
    return {
      host,
      kind: known ? 'registry' : 'other',
      said: `${response.status}${known || type === undefined ? '' : ` with ${type}`}`,
    };
  } catch (error) {
    const said = whyFailed(error);
    const answered = /certificate|proxy response/i.test(said);
    return {
      host,
      kind: answered ? 'other' : 'silent',
      said: said === 'no answer in time' ? silence(timeoutMs) : said,
    };
  }
}

function silence(timeoutMs: number): string {
  return `no answer in ${Math.round(timeoutMs / 1000)} s`;
}
