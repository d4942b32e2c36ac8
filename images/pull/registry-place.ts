import type { Reference } from '../oci/reference.ts';

/** The registry and repository from which an image is pulled. */
export interface RegistryLocation {
  /** Usual name of the host, for messages and `docker login`: `docker.io`. */
  host: string;
  /** `https://registry-1.docker.io` */
  url: string;
  /** Repository below that URL: `library/debian`. */
  path: string;
}

const variable = 'PLINTH_REGISTRY_MIRROR';

/**
 * The configured mirror: `PLINTH_REGISTRY_MIRROR`, else `configured`, which is that of cluster.yaml. Empty: no mirror.
 */
export function registryMirror(configured = ''): string {
  return process.env[variable] || configured;
}

/**
 * The registry from which an image is pulled: its own or a mirror. The mirror is one host for all registries,
 * `mirror.example.org/prefix`, with a folder per registry (`mirror.example.org/prefix/docker.io/library/debian`), or a table,
 * `docker.io=mirror.example.org/hub,ghcr.io=…`; registries outside of the table have no mirror.
 * @throws Error if the setting of the mirror is malformed.
 */
export function placeOf({ host, path }: Pick<Reference, 'host' | 'path'>, mirror: string): RegistryLocation {
  for (const { from, to } of rewrites(mirror)) {
    if (from !== undefined && from !== host) continue;
    const prefix = to.pathname.replace(/^\/|\/$/g, '');
    const parts = [prefix, ...(from === undefined ? [host] : []), path].filter((part) => part !== '');
    return { host: to.host, url: to.origin, path: parts.join('/') };
  }
  return { host, url: `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`, path };
}

function rewrites(text: string): { from?: string; to: URL }[] {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const at = entry.indexOf('=');
    const from = at < 0 ? undefined : entry.slice(0, at);
    if (from === undefined ? entries.length > 1 : !/^[a-z0-9.-]+(:\d+)?$/.test(from))
      throw new Error(malformed(entry));
    return { ...(from === undefined ? {} : { from }), to: target(entry, entry.slice(at + 1)) };
  });
}

function target(entry: string, text: string): URL {
  const url = /^[a-z]+:\/\//.test(text) ? text : `https://${text}`;
  if (!/^https?:\/\/[^/@?#=]+(\/[a-z0-9._/-]*)?$/.test(url) || !URL.canParse(url))
    throw new Error(malformed(entry));
  return new URL(url);
}

function malformed(entry: string): string {
  return (
    `${variable} has '${entry}': set it to one mirror of all registries, such as mirror.example.org/prefix, or to a table, ` +
    'such as docker.io=mirror.example.org/hub,ghcr.io=mirror.example.org/ghcr. ' +
    'Store a password by docker login mirror.example.org, not there.'
  );
}
