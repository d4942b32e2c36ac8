type Variables = Record<string, string | undefined>;

/** Reached directly whatever the environment says: this machine, and the mirror as nodes and pods call it. */
const inside = ['localhost', '127.0.0.1', '::1', '[::1]', 'plinth-registry'];

/**
 * Has this process reach what is outside through the proxies that HTTPS_PROXY and HTTP_PROXY name, and what NO_PROXY names
 * directly, as the programs that it starts do; these find the completed NO_PROXY in their environment, and Kind hands it to
 * the nodes. Without such variables nothing changes. Called before the first request: those under way would end.
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
 * Ends all that goes through a proxy; what is asked for afterwards goes by new connections. A proxy that hangs up without an
 * answer is asked again and again otherwise, after the request was given up too, so that no command would come to its end
 * (undici 7.29: it takes the end of such a connection for one that may be made again).
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

/** Under which `fetch` finds what makes its connections. */
const dispatcher = Symbol.for('undici.globalDispatcher.1');

/** Most commands start without a proxy, and this takes time to load. */
function apply(variables: Variables): void {
  process.getBuiltinModule('node:http').setGlobalProxyFromEnv(variables);
}

/** As curl and Go read it: small letters first, and `HOST:PORT` is one that speaks plain HTTP. */
function proxyOf(environment: Variables, name: 'HTTPS_PROXY' | 'HTTP_PROXY'): string | undefined {
  const small = name.toLowerCase();
  const used = environment[small] ? small : name;
  const text = environment[used];
  if (!text) return undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw new Error(
    // It may hold a password, so that it is not shown.
    `${used} names no proxy that can be used from here: set it to http://HOST:PORT or https://HOST:PORT, or unset it`,
  );
}
