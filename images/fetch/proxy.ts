type Variables = Record<string, string | undefined>;

/** Hosts that are always reached directly: this machine, and the mirror by its name for nodes and pods. */
const inside = ['localhost', '127.0.0.1', '::1', '[::1]', 'plinth-registry'];

/**
 * Sends this process's requests through the proxies of HTTPS_PROXY and HTTP_PROXY, except to hosts in NO_PROXY. Programs that it
 * starts inherit NO_PROXY with the additions, and Kind passes it to the nodes. Without such variables nothing changes. Call it
 * before the first request: it would abort running ones.
 */
export function useProxies(environment: Variables = process.env): void {
  const https = proxyOf(environment, 'HTTPS_PROXY');
  const http = proxyOf(environment, 'HTTP_PROXY');
  if (https === undefined && http === undefined) return;
  const named = (environment.no_proxy ?? environment.NO_PROXY ?? '').split(/[\s,]+/).filter(Boolean);
  const direct = [...new Set([...named, ...inside])].join(',');
  environment.NO_PROXY = direct;
  environment.no_proxy = direct;
  used = {
    ...(https === undefined ? {} : { https_proxy: https }),
    ...(http === undefined ? {} : { http_proxy: http }),
    no_proxy: direct,
  };
  apply(used);
}

let used: Variables | undefined;

/**
 * Closes all connections to proxies; later requests open new ones. Otherwise undici 7.29 reconnects without end to a proxy that
 * closes a connection without an answer, even after the request was given up, and the command does not exit.
 */
export async function endProxyConnections(): Promise<void> {
  if (used === undefined) return;
  const before: unknown = Reflect.get(globalThis, dispatcher);
  apply(used);
  if (
    typeof before === 'object' &&
    before !== null &&
    'destroy' in before &&
    typeof before.destroy === 'function'
  )
    await before.destroy();
}

/** Global symbol of the dispatcher that `fetch` uses. */
const dispatcher = Symbol.for('undici.globalDispatcher.1');

/** Loaded only with a proxy: most commands run without one, and loading takes time. */
function apply(variables: Variables): void {
  process.getBuiltinModule('node:http').setGlobalProxyFromEnv(variables);
}

/** The value of a proxy variable, as curl and Go read it: lower case first; `HOST:PORT` means plain HTTP. */
function proxyOf(environment: Variables, name: 'HTTPS_PROXY' | 'HTTP_PROXY'): string | undefined {
  const small = name.toLowerCase();
  const used = environment[small] ? small : name;
  const text = environment[used];
  if (!text) return undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw new Error(
    // The value is not printed: it can contain a password.
    `${used} names no proxy that can be used from here: set it to http://HOST:PORT or https://HOST:PORT, or unset it`,
  );
}
