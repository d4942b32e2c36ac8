import type { Environment } from './graph.ts';
import { pagesHost } from './people.ts';
import { mailHost } from './sign-in.ts';

/** Every host name at which the gateway serves an app, the pages of accounts or Mailpit: sorted, each once. */
export function gatewayHosts({ apps, cluster }: Pick<Environment, 'apps' | 'cluster'>): string[] {
  const ofPlatform = [pagesHost(cluster), mailHost(cluster)].filter((host) => host !== undefined);
  return [...new Set([...apps.flatMap(({ hosts }) => hosts), ...ofPlatform])].sort();
}
