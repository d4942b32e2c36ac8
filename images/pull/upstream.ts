import { setTimeout as sleep } from 'node:timers/promises';
import { fetchOutside } from '../fetch/fetch-outside.ts';
import { whyFailed } from '../fetch/why-failed.ts';
import type { Report } from '../report.ts';
import { basic, parseChallenge, tokenOf, tokenRequest } from './bearer.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import type { RegistryLocation } from './registry-place.ts';
import { IdleWatch, type Patience } from './watch.ts';

/** A registry answered, or did not, so that a pull ends; the message says what to do. */
export class PullError extends Error {
  override readonly name = 'PullError';
  /** Whether the registry has no such thing. */
  readonly missing: boolean;

  constructor(message: string, missing = false) {
    super(message);
    this.missing = missing;
  }
}

/** What may be better at the next try. */
class Passing extends Error {
  readonly waitMs: number | undefined;

  constructor(message: string, waitMs?: number) {
    super(message);
    this.waitMs = waitMs;
  }
}

/** An answer whose body is read under the same watch. */
export interface UpstreamResponse {
  status: number;
  type: string;
  header(name: string): string | null;
  chunks(): AsyncGenerator<Uint8Array>;
}

export interface UpstreamOptions {
  /** The image as people know it, for messages. */
  ref: string;
  patience: Patience;
  report: Report;
  signal: AbortSignal | undefined;
  /** How far the pull has come, for the message of one that ends. */
  progress: () => string;
}

/** Reads one repository of a registry, anonymously or as who is signed in there. */
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
   * Asks for `manifests/TAG` or `blobs/DIGEST` and hands the answer to `read`. What may be better at the next try is tried
   * again, with growing pauses: a broken connection, an answer of 500 and more, 429.
   * @throws PullError where it is not.
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
            `${ref} cannot be kept: ${error.message}. See what the cache takes: npm run supply -- --disk`,
          );
        if (watch.bytes >= patience.enoughBytes) attempt = 1;
        const why = error instanceof Passing ? error.message : `${this.#place.host}: ${whyFailed(error)}`;
        const asked = error instanceof Passing ? error.waitMs : undefined;
        const pause = asked ?? patience.pauseMs * 2 ** (attempt - 1);
        if (attempt >= patience.tries || pause > patience.longestWaitMs)
          throw error instanceof Limit
            ? new PullError(error.final())
            : new PullError(this.#gaveUp(why, attempt));
        report(`${ref}: ${why}; trying again in ${Math.ceil(pause / 1000)} s`);
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

  /** A redirect is followed; to another host `fetch` takes no Authorization along. */
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
        `${host} asks for a way to sign in that is not known here (${header ?? 'none named'}).`,
      );
    this.#signedIn ??= credentialsOf(this.#place, this.#options.report);
    const credentials = await this.#signedIn;
    if (challenge.scheme === 'basic') {
      if (credentials === undefined) throw new PullError(this.#denied('401, it knows nobody without a name'));
      this.#authorization = basic(credentials);
      return;
    }
    if (!safe(challenge.realm, this.#place.url))
      throw new PullError(
        `${host} sends those who sign in to ${challenge.realm}, which is not encrypted: nothing is sent there.`,
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
          'If upstream took it away, name another version in images/lock.yaml; or have everything built here: PLINTH_SUPPLY=build',
        true,
      );
    }
    if (status >= 500 || status === 408) return new Passing(`${host} answers ${answer}`);
    return new PullError(`${host} answers ${answer} for ${what} of ${this.#options.ref}.`);
  }

  /** For an answer that is no manifest, no token and no blob. */
  #page(what: string, { headers }: Pick<Response, 'headers'>): string {
    return notWhat(this.#place.host, this.#options.ref, what, headers.get('content-type') ?? '');
  }

  #denied(answer: string): string {
    const { host } = this.#place;
    return (
      `${host} refuses ${this.#options.ref} (${answer}). If it takes an account, sign in: ${loginCommand(host)}. ` +
      'If a proxy or a firewall answers in its place, PLINTH_REGISTRY_MIRROR names a registry that may be asked.'
    );
  }

  #idle(): string {
    const seconds = Math.round(this.#options.patience.idleMs / 1000);
    return (
      `nothing of ${this.#options.ref} came from ${this.#place.host} for ${seconds} s: ${this.#options.progress()}. ` +
      'What has come stays: type the same command again, and it goes on from there.'
    );
  }

  #gaveUp(why: string, attempts: number): string {
    const times = attempts === 1 ? 'once' : attempts === 2 ? 'twice' : `${attempts} times`;
    return (
      `${this.#options.ref} could not be pulled, tried ${times}: ${why}; ${this.#options.progress()}. ` +
      (/certificate/i.test(why) ? certificates : '') +
      'What has come stays: type the same command again, and it goes on from there.'
    );
  }
}

const certificates =
  "This machine does not trust the server's certificate: where a proxy opens what is encrypted, have its authority among the system's, or name it in NODE_EXTRA_CA_CERTS. ";

/** 429: too many pulls from one address, as a rule of those without a name. */
class Limit extends Passing {
  readonly #host: string;
  readonly #ref: string;

  constructor(host: string, ref: string, waitMs: number | undefined) {
    super(`${host} allows no more pulls for now (429)`, waitMs);
    this.#host = host;
    this.#ref = ref;
  }

  final(): string {
    const wait = this.waitMs === undefined ? '' : ` and asks to wait ${Math.ceil(this.waitMs / 1000)} s`;
    return (
      `${this.#host} allows no more pulls from this address for now (429 for ${this.#ref})${wait}. Sign in, which raises ` +
      `the limit: ${loginCommand(this.#host)}. Then type the same command again: what has come stays, and nothing is built instead.`
    );
  }
}

/** What to say where something else came, such as the page of a network that wants people to sign in. */
export function notWhat(host: string, ref: string, what: string, type: string): string {
  return (
    `${host} was asked for ${what} of ${ref}, and something else came (${type === '' ? 'of no type' : type}). A network that wants ` +
    'you to sign in first answers so, and so do some proxies: open any page in a browser, then type the same command again.'
  );
}

/** What people type to be known at a registry. */
export function loginCommand(host: string): string {
  return host === 'docker.io' ? 'docker login' : `docker login ${host}`;
}

/** Not the registry's fault, and no better at the next try. */
function isOfDisk(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(ENOSPC|EDQUOT|EROFS|EIO)$/.test(String(error.code));
}

/** Credentials go over plain HTTP to nobody but this machine, and to one that the registry itself is reached by. */
function safe(realm: string, registry: string): boolean {
  const { protocol, hostname } = new URL(realm);
  return (
    protocol === 'https:' ||
    ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ||
    registry.startsWith('http:')
  );
}

/** In seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const text = response.headers.get('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** The code that a registry gives in the body of an error (`DENIED`, `TOOMANYREQUESTS`), never a whole page. */
async function reasonIn(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  return /"code":\s*"([A-Z_]{3,40})"/.exec(text)?.[1] ?? '';
}
