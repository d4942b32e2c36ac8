/** One place to get modules from, and when the next one is asked. */
export interface GoProxy {
  url: string;
  /** Go on after every failure, or only where it says that it has no such module. */
  next: 'after any failure' | 'where it has none';
}

/**
 * The module proxies that GOPROXY names, in order, as Go reads it: `direct` and `off` end the list, since nothing is fetched from
 * version control here.
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

/** A module's zip at a proxy. The protocol writes A as !a (https://go.dev/ref/mod#goproxy-protocol). */
export function zipAddress(proxy: string, module: string, version: string): string {
  const escaped = (text: string): string => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  return `${proxy}/${escaped(module)}/@v/${escaped(version)}.zip`;
}
