import type { Repository } from './oci/registry-client.ts';
import type { Reference } from './reference.ts';

/** Where the registry of an image's own host answers. */
export function upstreamRepository({ host, path }: Reference): Repository {
  return { url: `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`, path };
}
