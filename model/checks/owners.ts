import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { gatewayPorts } from '../gateway.ts';
import { portsIn, publicPorts } from '../public-ports.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { nodePorts } from '../schema/node-ports.ts';

/** A unique resource, and the field that claims it. */
interface Claim {
  /** The resource in words: `port 8080 of this machine`. */
  thing: string;
  /** What it is called in a message. Default: `thing`. */
  shown?: string;
  owner: Loaded<unknown>;
  path: FieldPath;
  why: string;
  fix: string;
}

/** Each port, address, domain and backup folder has one owner across all environments. */
export function checkOwners({ clusters, apps }: Repository): Diagnostic[] {
  const claims = [
    ...clusters.flatMap(claimsOfCluster),
    ...apps.flatMap(({ source, name, value }) => claimsOfApp({ source, name, value })),
    ...clusters.flatMap((cluster) => claimsOfPublicPorts(cluster, apps)),
  ];
  const first = new Map<string, Claim>();
  // A public port claims several things by one number: one message is enough.
  const told = new Set<string>();
  return claims.flatMap((claim) => {
    const { thing, shown = thing, owner, path, why, fix } = claim;
    const holder = first.get(thing);
    if (holder === undefined) {
      first.set(thing, claim);
      return [];
    }
    const place = JSON.stringify([owner.source.file, path]);
    if (told.has(place)) return [];
    told.add(place);
    const words = {
      code: 'taken',
      what: `${shown} is already in use`,
      why: `${reference(holder.owner.source, holder.path)} has it, and ${why}`,
      fix,
    };
    return [diagnosticAt(owner.source, path, words)];
  });
}

function claimsOfCluster(owner: Loaded<Cluster>): Claim[] {
  return [...claimsOfNames(owner), ...claimsOfMachines(owner), ...claimsOfBackups(owner)];
}

function claimsOfNames(owner: Loaded<Cluster>): Claim[] {
  const { name, domain, apps } = owner.value;
  return [
    {
      thing: `the name ${name}`,
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
    ...Object.entries(apps).flatMap(([app, override]) =>
      // Within one cluster checkHosts compares them with all others.
      [...new Map((override?.hosts ?? []).map((host, i) => [host, i] as const))].map(([host, i]) => ({
        thing: `the host name ${host}`,
        owner,
        path: ['apps', app, 'hosts', i],
        why: 'the same name would lead to two clusters',
        fix: 'write it in one of the two environments only',
      })),
    ),
  ];
}

function claimsOfMachines(owner: Loaded<Cluster>): Claim[] {
  const { provider, nodes } = owner.value;
  const ports = provider.kind === 'kind' ? Object.entries(provider.ports) : [];
  return [
    ...ports.map(([name, port]) => ({
      thing: `port ${port} of this machine`,
      owner,
      path: ['provider', 'ports', name],
      why: 'the second cluster could not start',
      fix: `write another number for ${name}`,
    })),
    ...nodes.flatMap(({ address }, i) =>
      address === undefined
        ? []
        : [
            {
              thing: `the address ${address}`,
              owner,
              path: ['nodes', i, 'address'],
              why: 'a machine can be a node of one cluster only',
              fix: 'write the address of another machine',
            },
          ],
    ),
  ];
}

function claimsOfBackups(owner: Loaded<Cluster>): Claim[] {
  const { backups } = owner.value.databases;
  if (backups === undefined) return [];
  const { destination, endpoint = '' } = backups;
  return [
    {
      thing: `the bucket folder ${destination}${endpoint && ` at ${endpoint}`}`,
      owner,
      path: ['databases', 'backups', 'destination'],
      why: 'both would overwrite the same backups',
      fix: `write another folder, such as ${destination}/${owner.name}`,
    },
  ];
}

function claimsOfApp(owner: Repository['apps'][number]): Claim[] {
  return Object.entries(owner.value.ports).map(([name, { port, protocol }]) => ({
    thing: `port ${port}${protocol === 'udp' ? ' (UDP)' : ''} of '${owner.name}'`,
    owner,
    path: ['ports', name, 'port'],
    why: 'a Service has each port number once',
    fix: `write another number, or remove '${name}' and use the other name`,
  }));
}

/** Public ports have numbers of their own in each cluster: for visitors, on this machine with Kind, and on the nodes. */
function claimsOfPublicPorts(cluster: Loaded<Cluster>, apps: Repository['apps']): Claim[] {
  const { provider } = cluster.value;
  const platform = (thing: string, path: FieldPath): Claim => ({
    ...sharedWords,
    thing,
    owner: cluster,
    path,
  });
  const own = Object.values(nodePorts).map((port) => platform(onNodes(cluster, 'tcp', port), ['provider']));
  const balanced =
    provider.kind === 'aws'
      ? Object.values(gatewayPorts(cluster.value)).map((port) =>
          platform(forVisitors(cluster, 'tcp', port), ['provider']),
        )
      : [];
  return [
    ...own,
    ...balanced,
    ...apps
      .filter(({ name }) => Object.hasOwn(cluster.value.apps, name))
      .flatMap((owner) =>
        publicPorts({ ports: portsIn(cluster.value, owner.value) }).flatMap(
          ({ name, protocol, number, nodePort }) => {
            const place = written(cluster, owner, name);
            const claim = { ...sharedWords, ...place };
            const outside =
              provider.kind !== 'kind'
                ? forVisitors(cluster, protocol, number)
                : protocol === 'tcp'
                  ? `port ${number} of this machine`
                  : `port ${number} (UDP) of this machine`;
            const through = `${onNodes(cluster, protocol, nodePort)}, which is behind ${number},`;
            return [
              { ...claim, thing: outside },
              { ...claim, thing: onNodes(cluster, protocol, nodePort), shown: through },
            ];
          },
        ),
      ),
  ];
}

/** Place of the number of a public port: in cluster.yaml if it has one, otherwise in app.ts. */
function written(
  cluster: Loaded<Cluster>,
  app: Repository['apps'][number],
  port: string,
): Pick<Claim, 'owner' | 'path'> {
  return cluster.value.apps[app.name]?.public?.[port] === undefined
    ? { owner: app, path: ['ports', port, 'public'] }
    : { owner: cluster, path: ['apps', app.name, 'public', port] };
}

const sharedWords = {
  why: 'one of the two would get the traffic of both',
  fix: 'write another number; one environment can have its own: apps.NAME.public in cluster.yaml',
};

function forVisitors({ name }: Loaded<Cluster>, protocol: 'tcp' | 'udp', port: number): string {
  return `the public ${protocol.toUpperCase()} port ${port} of ${name}`;
}

function onNodes({ name }: Loaded<Cluster>, protocol: 'tcp' | 'udp', port: number): string {
  return `the ${protocol.toUpperCase()} port ${port} of the nodes of ${name}`;
}
