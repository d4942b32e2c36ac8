import { hooksHost, receiverName } from './forge.ts';
import type { Environment } from './graph.ts';
import { pagesHost, signInProxy } from './people.ts';
import { registryHost, registryName } from './registry.ts';
import type { Cluster } from './schema/cluster.ts';
import { mailHost, mailpit } from './sign-in.ts';

/** A host name at the gateway that belongs to the platform itself. */
export interface PlatformHost {
  host: string;
  /** Namespace of its route. */
  namespace: string;
  /** Its owner, for messages. */
  owner: string;
}

/** The host names of the accounts pages, Mailpit, the registry and the receiver of pushes, as far as they run. */
export function platformHosts(cluster: Cluster): PlatformHost[] {
  const all = [
    { host: pagesHost(cluster), namespace: signInProxy, owner: 'the accounts pages' },
    { host: mailHost(cluster), namespace: mailpit.name, owner: 'Mailpit' },
    { host: registryHost(cluster), namespace: registryName, owner: 'the registry' },
    { host: hooksHost(cluster), namespace: receiverName, owner: 'the receiver of pushes' },
  ];
  return all.flatMap(({ host, ...rest }) => (host === undefined ? [] : [{ host, ...rest }]));
}

/** Every host name that the gateway serves, for apps and for the platform itself: sorted and unique. */
export function gatewayHosts({ apps, cluster }: Pick<Environment, 'apps' | 'cluster'>): string[] {
  const ofPlatform = platformHosts(cluster).map(({ host }) => host);
  return [...new Set([...apps.flatMap(({ hosts }) => hosts), ...ofPlatform])].sort();
}
