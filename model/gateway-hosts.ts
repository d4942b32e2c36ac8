import type { Environment } from './graph.ts';
import { pagesHost } from './people.ts';

/** Every host name at which the gateway serves an app or the pages of accounts: sorted, each once. */
export function gatewayHosts({ apps, cluster }: Pick<Environment, 'apps' | 'cluster'>): string[] {
  const pages = pagesHost(cluster);
  return [
    ...new Set([...apps.flatMap(({ hosts }) => hosts), ...(pages === undefined ? [] : [pages])]),
  ].sort();
}
