import type { Environment } from './graph.ts';
import { pagesHost } from './people.ts';
import { registryHost } from './registry.ts';
import { mailHost } from './sign-in.ts';

/** Every host name that the gateway serves for apps, the accounts pages, Mailpit and the registry: sorted and unique. */
export function gatewayHosts({ apps, cluster }: Pick<Environment, 'apps' | 'cluster'>): string[] {
  const ofPlatform = [pagesHost(cluster), mailHost(cluster), registryHost(cluster)].filter(
    (host) => host !== undefined,
  );
  return [...new Set([...apps.flatMap(({ hosts }) => hosts), ...ofPlatform])].sort();
}
