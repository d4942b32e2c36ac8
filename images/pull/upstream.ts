import { setTimeout as sleep } from 'node:timers/promises';
import { fetchOutside } from '../fetch/fetch-outside.ts';
import { whyFailed } from '../fetch/why-failed.ts';
import type { Report } from '../report.ts';
import { basic, parseChallenge, tokenOf, tokenRequest } from './bearer.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import { IdleWatch, type Patience } from './idle-watch.ts';
import type { RegistryLocation } from './registry-place.ts';

/** A final failure of a pull; the message has the remedy. */
export class PullError extends Error {
  override readonly name = 'PullError';
  /** Whether the registry answered 404. */
  readonly missing: boolean;

  constructor(message: string, missing = false) {
    super(message);
    this.missing = missing;
  }
}

/** A failure that can be retried. */
class Passing extends Error {
  readonly waitMs: number | undefined;

  constructor(message: string, waitMs?: number) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** A response whose body is read under the same idle time-out. */
export interface UpstreamResponse {
  status: number;
  type: string;
  header(name: string): string | null;
  chunks(): AsyncGenerator<Uint8Array>;
}

export interface UpstreamOptions {
  /** Reference of the image, for messages. */
  ref: string;
  patience: Patience;
  report: Report;
  signal: AbortSignal | undefined;
  /** Progress of the pull, for error messages. */
  progress: () => string;
}

/** Reads one repository of a registry, anonymously or with the stored credentials. */
export class Upstream {
  readonly #place: RegistryLocation;
  readonly #options: UpstreamOptions;
  #authorization: string | undefined;
  #signedIn: Promise<Credentials | undefined> | undefined;

  constructor(place: RegistryLocation, options: UpstreamOptions) {
    this.#place = place;
    this.#options = options;
  }

  /**
   * Requests `manifests/TAG` or `blobs/DIGEST` and passes the response to `read`. Retries broken connections, status 429 and
   * 5xx with growing pauses.
   * @throws PullError after the last attempt.
   */
  async get<T>(
    what: string,
    headers: () => Promise<Record<string, string>>,
    read: (answer: UpstreamResponse) => Promise<T>,
  ): Promise<T> {
    const { patience, signal, report, ref } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const watch = new IdleWatch(patience.idleMs);
      try {
        return await read(await this.#ask(what, await headers(), watch));
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof PullError) throw error;
        if (watch.expired) throw new PullError(this.#idle());
        if (isOfDisk(error))
          throw new PullError(
            `${ref} cannot be stored: ${error.message}. For the size of the cache: npm run supply -- --disk`,
          );
        if (watch.bytes >= patience.enoughBytes) attempt = 1;
        const why = error instanceof Passing ? error.message : `${this.#place.host}: ${whyFailed(error)}`;
        const asked = error instanceof Passing ? error.waitMs : undefined;
        const pause = asked ?? patience.pauseMs * 2 ** (attempt - 1);
        if (attempt >= patience.tries || pause > patience.longestWaitMs)
          throw error instanceof Limit
            ? new PullError(error.final())
            : new PullError(this.#gaveUp(why, attempt));
        report(`${ref}: ${why}; retrying in ${Math.ceil(pause / 1000)} s`);
        await sleep(pause, undefined, { signal });
      } finally {
        watch.stop();
      }
    }
  }

  async #ask(what: string, headers: Record<string, string>, watch: IdleWatch): Promise<UpstreamResponse> {
    const { url, path } = this.#place;
    const target = `${url}/v2/${path}/${what}`;
    let response = await this.#fetch(target, { headers: this.#with(headers) }, watch);
    if (response.status === 401) {
      const challenge = response.headers.get('www-authenticate');
      await response.body?.cancel();
      await this.#signIn(challenge, watch);
      response = await this.#fetch(target, { headers: this.#with(headers) }, watch);
    }
    if (!response.ok) throw await this.#refusal(response, what);
    return {
      status: response.status,
      type: (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '',
      header: (name) => response.headers.get(name),
      async *chunks() {
        if (response.body === null) return;
        for await (const chunk of response.body) {
          watch.touch(chunk.length);
          yield chunk;
        }
      },
    };
  }

  /** Follows redirects; `fetch` removes Authorization for another host. */
  async #fetch(url: string, init: RequestInit, watch: IdleWatch): Promise<Response> {
    const { signal } = this.#options;
    const signals = signal === undefined ? [watch.signal] : [watch.signal, signal];
    const response = await fetchOutside(url, { ...init, signal: AbortSignal.any(signals) });
    watch.touch();
    return response;
  }

  #with(headers: Record<string, string>): Record<string, string> {
    return this.#authorization === undefined ? headers : { ...headers, authorization: this.#authorization };
  }

  async #signIn(header: string | null, watch: IdleWatch): Promise<void> {
    const { host, path } = this.#place;
    const challenge = parseChallenge(header);
    if (challenge === undefined)
      throw new PullError(
        `${host} requires an unsupported kind of authentication (${header ?? 'none named'}).`,
      );
    this.#signedIn ??= credentialsOf(this.#place, this.#options.report);
    const credentials = await this.#signedIn;
    if (challenge.scheme === 'basic') {
      if (credentials === undefined) throw new PullError(this.#denied('401, it requires a login'));
      this.#authorization = basic(credentials);
      return;
    }
    if (!safe(challenge.realm, this.#place.url))
      throw new PullError(
        `${host} requests the sign-in at ${challenge.realm}, which is not encrypted. No credentials were sent.`,
      );
    const { url, init } = tokenRequest(challenge, `repository:${path}:pull`, credentials);
    const response = await this.#fetch(url, init, watch);
    if (!response.ok) throw await this.#refusal(response, 'a token');
    const token = tokenOf(await response.text());
    if (token === undefined) throw new PullError(this.#page(`a token of ${new URL(url).host}`, response));
    this.#authorization = `Bearer ${token}`;
  }

  async #refusal(response: Response, what: string): Promise<Error> {
    const { host } = this.#place;
    const { status } = response;
    const said = await reasonIn(response);
    const answer = `${status}${said === '' ? '' : `, ${said}`}`;
    if (status === 429) return new Limit(host, this.#options.ref, retryAfter(response));
    if (status === 401 || status === 403) return new PullError(this.#denied(answer));
    if (status === 404) {
      return new PullError(
        `${host} has no ${this.#options.ref} (${answer}, for ${what} of ${this.#place.path}). ` +
          'If upstream removed it, set another version in images/lock.yaml, or build everything here: PLINTH_SUPPLY=build',
        true,
      );
    }
    if (status >= 500 || status === 408) return new Passing(`${host} answers ${answer}`);
    return new PullError(`${host} answers ${answer} for ${what} of ${this.#options.ref}.`);
  }

  /** Message for a response that is neither manifest, token nor blob. */
  #page(what: string, { headers }: Pick<Response, 'headers'>): string {
    return notWhat(this.#place.host, this.#options.ref, what, headers.get('content-type') ?? '');
  }

  #denied(answer: string): string {
    const { host } = this.#place;
    return (
      `${host} refuses ${this.#options.ref} (${answer}). If it requires an account, sign in: ${loginCommand(host)}. ` +
      'If a proxy or a firewall refuses it, set PLINTH_REGISTRY_MIRROR to a reachable mirror.'
    );
  }

  #idle(): string {
    const seconds = Math.round(this.#options.patience.idleMs / 1000);
    return (
      `no data of ${this.#options.ref} came from ${this.#place.host} for ${seconds} s: ${this.#options.progress()}. ` +
      'The received part is kept: type the same command again to continue.'
    );
  }

  #gaveUp(why: string, attempts: number): string {
    const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
    return (
      `${this.#options.ref} could not be pulled after ${tries}: ${why}; ${this.#options.progress()}. ` +
      (/certificate/i.test(why) ? certificates : '') +
      'The received part is kept: type the same command again to continue.'
    );
  }
}

const certificates =
  "This machine does not trust the server's certificate. If a proxy intercepts TLS, add its CA to those of the system, or name it in NODE_EXTRA_CA_CERTS. ";

/** Status 429: the rate limit of an address, usually for anonymous pulls. */
class Limit extends Passing {
  readonly #host: string;
  readonly #ref: string;

  constructor(host: string, ref: string, waitMs: number | undefined) {
    super(`${host} limits the rate of pulls (429)`, waitMs);
    this.#host = host;
    this.#ref = ref;
  }

  final(): string {
    const wait = this.waitMs === undefined ? '' : `, Retry-After ${Math.ceil(this.waitMs / 1000)} s`;
    return (
      `${this.#host} limits the rate of pulls from this address (429 for ${this.#ref}${wait}). Sign in, which raises ` +
      `the limit: ${loginCommand(this.#host)}. Then type the same command again: the received part is kept, and nothing is built instead.`
    );
  }
}

/** Message for unexpected content, such as the sign-in page of a network. */
export function notWhat(host: string, ref: string, what: string, type: string): string {
  return (
    `${host} answered the request for ${what} of ${ref} with other content (${type === '' ? 'of no type' : type}). Networks with a ` +
    'sign-in page do so, and some proxies: open any page in a browser, then type the same command again.'
  );
}

/** The command to sign in at a registry. */
export function loginCommand(host: string): string {
  return host === 'docker.io' ? 'docker login' : `docker login ${host}`;
}

/** Whether the error is one of the local disk, which no retry mends. */
function isOfDisk(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(ENOSPC|EDQUOT|EROFS|EIO)$/.test(String(error.code));
}

/** Whether credentials may be sent: over HTTPS, to this machine, or if the registry itself is configured with plain HTTP. */
function safe(realm: string, registry: string): boolean {
  const { protocol, hostname } = new URL(realm);
  return (
    protocol === 'https:' ||
    ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ||
    registry.startsWith('http:')
  );
}

/** Milliseconds of Retry-After, which is in seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const text = response.headers.get('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** The error code in the body of a response (`DENIED`, `TOOMANYREQUESTS`); empty if there is none. */
async function reasonIn(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  return /"code":\s*"([A-Z_]{3,40})"/.exec(text)?.[1] ?? '';
}
