import type { Problem } from '../diagnostics/problem.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { problemAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

/** A unique resource, and the field that claims it. */
interface Claim {
  /** The resource in words: `port 8080 of this machine`. */
  thing: string;
  owner: Loaded<unknown>;
  path: FieldPath;
  why: string;
  fix: string;
}

/** Each port, address, domain and backup folder has one owner across all environments. */
export function checkOwners({ clusters, apps }: Repository): Problem[] {
  const claims = [
    ...clusters.flatMap(claimsOfCluster),
    ...apps.flatMap(({ source, name, value }) => claimsOfApp({ source, name, value })),
  ];
  const first = new Map<string, Claim>();
  return claims.flatMap((claim) => {
    const { thing, owner, path, why, fix } = claim;
    const holder = first.get(thing);
    if (holder === undefined) {
      first.set(thing, claim);
      return [];
    }
    const words = {
      code: 'taken',
      what: `${thing} is already in use`,
      why: `${reference(holder.owner.source, holder.path)} has it, and ${why}`,
      fix,
    };
    return [problemAt(owner.source, path, words)];
  });
}

function claimsOfCluster(owner: Loaded<Cluster>): Claim[] {
  const { provider, domain, nodes, databases } = owner.value;
  const claims: Claim[] = [
    {
      thing: `the name ${owner.value.name}`,
      owner,
      path: ['name'],
      why: 'containers, machines, buckets and files on this machine have the name of their cluster',
      fix: `write another one, such as ${owner.name}`,
    },
    {
      thing: `the domain ${domain}`,
      owner,
      path: ['domain'],
      why: 'the same host names would lead to two clusters',
      fix: `write another one, such as ${owner.name}.${domain}`,
    },
  ];
  if (provider.kind === 'kind') {
    for (const [name, port] of Object.entries(provider.ports)) {
      claims.push({
        thing: `port ${port} of this machine`,
        owner,
        path: ['provider', 'ports', name],
        why: 'the second cluster could not start',
        fix: `write another number for ${name}`,
      });
    }
  }
  for (const [app, override] of Object.entries(owner.value.apps)) {
    for (const [i, host] of (override?.hosts ?? []).entries()) {
      claims.push({
        thing: `the host name ${host}`,
        owner,
        path: ['apps', app, 'hosts', i],
        why: 'the same name would lead to two clusters',
        fix: 'write it in one of the two environments only',
      });
    }
  }
  for (const [i, { address }] of nodes.entries()) {
    if (address === undefined) continue;
    claims.push({
      thing: `the address ${address}`,
      owner,
      path: ['nodes', i, 'address'],
      why: 'a machine can be a node of one cluster only',
      fix: 'write the address of another machine',
    });
  }
  if (databases.backups !== undefined) {
    const { destination, endpoint = '' } = databases.backups;
    claims.push({
      thing: `the bucket folder ${destination}${endpoint && ` at ${endpoint}`}`,
      owner,
      path: ['databases', 'backups', 'destination'],
      why: 'both would overwrite the same backups',
      fix: `write another folder, such as ${destination}/${owner.name}`,
    });
  }
  return claims;
}

function claimsOfApp(owner: Repository['apps'][number]): Claim[] {
  return Object.entries(owner.value.ports).map(([name, { port }]) => ({
    thing: `port ${port} of '${owner.name}'`,
    owner,
    path: ['ports', name, 'port'],
    why: 'a Service has each port number once',
    fix: `write another number, or remove '${name}' and use the other name`,
  }));
}
