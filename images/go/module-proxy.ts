/** A module proxy, and the condition for using the next one. */
export interface GoProxy {
  url: string;
  /** Use the next proxy after any failure, or only if this one lacks the module. */
  next: 'after any failure' | 'where it has none';
}

/**
 * The module proxies of GOPROXY in order, as Go reads it. `direct` and `off` end the list: modules are never fetched from version
 * control here.
 *
 * @see https://go.dev/ref/mod#environment-variables
 */
export function goProxies(goproxy = process.env.GOPROXY || 'https://proxy.golang.org,direct'): GoProxy[] {
  const proxies: GoProxy[] = [];
  for (const [, entry = '', separator] of goproxy.matchAll(/([^,|]+)([,|]?)/g)) {
    const url = entry.trim();
    if (url === 'direct' || url === 'off') break;
    if (!/^(https?|file):\/\//.test(url)) {
      throw new Error(
        `GOPROXY is '${goproxy}': '${url}' is no address. Write https://…, or unset GOPROXY for https://proxy.golang.org`,
      );
    }
    proxies.push({
      url: url.replace(/\/+$/, ''),
      next: separator === '|' ? 'after any failure' : 'where it has none',
    });
  }
  if (proxies.length > 0) return proxies;
  throw new Error(
    `GOPROXY is '${goproxy}', which names no module proxy, and files of Go modules are fetched from one. ` +
      'Name one, or unset GOPROXY for https://proxy.golang.org',
  );
}

/** Address of a module's zip at a proxy. The protocol writes A as !a (https://go.dev/ref/mod#goproxy-protocol). */
export function zipAddress(proxy: string, module: string, version: string): string {
  const escaped = (text: string): string => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  return `${proxy}/${escaped(module)}/@v/${escaped(version)}.zip`;
}
