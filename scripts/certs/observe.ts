import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificatesIn, rootId, serialOf } from '../../apps/kit/pem.ts';
import { isOfPostgres } from '../../charts/database/database.ts';
import type { Environment } from '../../model/graph.ts';
import { type Authority, type Leaf, mutualPort, peopleNamespace, personName } from '../../model/identity.ts';
import { identityFolder } from '../call/connection.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask, reason } from '../cluster/request.ts';
import type { CertificateHolder } from './certificate-holder.ts';
import { type Issued, issuedCertificates } from './certificates.ts';
import { gatewaysOf, type Holder, instancesOf, mountsOf } from './mounts.ts';
import { nodesOfRegistry } from './nodes-of-registry.ts';
import { type Seen, Sight } from './sight.ts';
import { type Trust, trustOf } from './trust.ts';

/** The state of some authorities of a cluster at one moment. */
export interface Observation {
  at: Date;
  /** By `NAMESPACE/NAME`. */
  issued: Map<string, Issued>;
  /** By authority. */
  trust: Map<string, Trust>;
  /** By `NAMESPACE/NAME` of the leaf. */
  uses: Map<string, CertificateHolder[]>;
}

export function keyOf({ namespace, name }: Pick<Leaf, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/**
 * Observes the certificates of these authorities, their CA certificates, and every process with one of them.
 */
export async function observe(
  client: ClusterClient,
  env: Environment,
  authorities: readonly Authority[],
): Promise<Observation> {
  const [issued, trust, pods] = await Promise.all([
    issuedCertificates(client),
    trustOf(client, authorities),
    ask(client, 'Pods', client.core.listPodForAllNamespaces()),
  ]);
  const sight = new Sight(client.name);
  const usesOf = (authority: Authority, leaf: Leaf): Promise<CertificateHolder[]> => {
    if (leaf.namespace === peopleNamespace) return Promise.resolve(filesOf(env, leaf));
    const app = env.apps.find(({ name }) => name === authority.name);
    const port = app && mutualPort(app)?.port;
    const ofPostgres = authority.kind === 'database' && isOfPostgres(authority.name, leaf.name);
    const holders = ofPostgres
      ? instancesOf(pods.items, leaf.namespace, authority.name)
      : authority.kind === 'gateway'
        ? gatewaysOf(pods.items)
        : mountsOf(pods.items, leaf.namespace, leaf.name);
    const see = async (holder: Holder): Promise<Seen> => {
      if (!holder.ready) return { unseen: 'it is not ready' };
      if (authority.kind === 'gateway') return sight.gateway(holder, leaf.dnsNames[0] ?? leaf.commonName);
      if (authority.kind === 'registry') return sight.registry(holder, leaf.commonName);
      if (ofPostgres) return leaf.usage === 'server' ? sight.postgres(holder) : sight.replication(holder);
      return leaf.usage === 'client' || port === undefined
        ? sight.client(holder)
        : sight.server(holder, port);
    };
    return Promise.all(
      holders.map(async (holder) => ({
        who: `${holder.namespace}/${holder.pod}`,
        by: leaf.usage === 'server' ? 'wire' : 'process',
        remedy: `kubectl delete pod -n ${holder.namespace} ${holder.pod}`,
        ...(await see(holder).catch((error: unknown) => ({ unseen: reason(error) }))),
      })),
    );
  };
  const uses = await Promise.all(
    authorities.flatMap((authority) =>
      authority.leaves.map(async (leaf) => [keyOf(leaf), await usesOf(authority, leaf)] as const),
    ),
  );
  const usesByKey = new Map(uses);
  for (const { leaves } of authorities.filter(({ kind }) => kind === 'registry')) {
    const nodes = await nodesOfRegistry(client);
    for (const [key, holders] of uses.filter(([key]) => leaves.some((leaf) => keyOf(leaf) === key)))
      usesByKey.set(key, [...holders, ...nodes]);
  }
  return { at: new Date(), issued, trust, uses: usesByKey };
}

/** People's certificates on this machine; those on other machines cannot be observed. */
function filesOf(env: Environment, leaf: Leaf): CertificateHolder[] {
  const folder = identityFolder(env.cluster.name, leaf.authority);
  if (!existsSync(join(folder, 'tls.crt'))) return [];
  const certificate = new X509Certificate(readFileSync(join(folder, 'tls.crt')));
  if (certificate.subject !== `CN=${leaf.commonName}`) return [];
  const person = leaf.commonName.slice(personName('').length);
  return [
    {
      who: folder,
      by: 'files',
      serial: serialOf(certificate),
      roots: certificatesIn(readFileSync(join(folder, 'roots.pem'), 'utf8'))
        .map(rootId)
        .sort(),
      remedy: `npm run certs -- issue ${person} --for ${leaf.authority} --env ${env.name}`,
    },
  ];
}
