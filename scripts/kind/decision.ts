import { nodePorts } from '../../model/schema/node-ports.ts';
import { kindNodeName } from '../cluster/node-features.ts';
import { changes } from '../objects/object-changes.ts';
import type { KindCluster, PortMapping } from './config.ts';
import type { FoundRecord, KindRecord } from './record.ts';

/** A container of a cluster, from the engine. */
export interface NodeContainer {
  name: string;
  running: boolean;
  /** Kind's label: `control-plane`, `worker`; `external-load-balancer` in front of several control planes. */
  role: string;
  image: string;
  ports: PortMapping[];
  /** The loopback port of this machine for the Kubernetes API. */
  apiPort?: number | undefined;
  /** Folder of this machine that it mounts. */
  files?: string | undefined;
  /** Whether it is on the network of this program's clusters. */
  onOurNetwork: boolean;
}

/** Inputs of the decision about the nodes of a cluster. */
export interface Found {
  /** Every container with the cluster's label. */
  containers: NodeContainer[];
  record: FoundRecord;
  /** Identity of the engine that answers. */
  engine: string;
  /** Whether a worker can be added to a cluster that is there: Kind has no command for it, and join-workers.ts knows Docker alone. */
  canJoin: boolean;
  /** Whether the kubeconfig exists and has the address of these containers. */
  kubeconfig: 'fits' | 'lost';
  /** The cluster of cluster.yaml. */
  wanted: KindCluster;
  settings: Record<string, unknown>;
}

/** The action. Only `remake` removes containers, and only those whose record says that they were never finished. */
export type Decision =
  | { do: 'make' }
  | { do: 'remake' }
  /** The nodes stay. `join` names the workers that cluster.yaml has in addition. */
  | { do: 'keep'; start: string[]; fetchKubeconfig: boolean; join: string[] }
  /** It is unknown whether they were finished: they are kept, restarted and asked. */
  | { do: 'adopt' }
  | { do: 'refuse'; why: string; way: Remedy };

/** Next steps if the nodes cannot be brought up. */
export type Remedy = 'move-data' | 'other-name' | 'other-engine' | 'take-down' | 'finish-join';

/** Decides from its inputs only. It removes nothing that is not certain to be unfinished. */
export function decide(found: Found): Decision {
  const { containers, record, engine, wanted } = found;
  if (containers.length === 0) {
    if (record.phase === 'finished' && record.engine !== engine) {
      return {
        do: 'refuse',
        why: `the cluster ${wanted.name} was created on another container engine (${record.engine}) than the current one (${engine})`,
        way: 'other-engine',
      };
    }
    return { do: 'make' };
  }
  const others = strangers(containers, wanted.files);
  if (others.length > 0) {
    const made = others.map(({ name, files }) => (files === undefined ? name : `${name} (from ${files})`));
    return {
      do: 'refuse',
      why: `there are containers of a cluster ${wanted.name} that was not created from ${wanted.files}: ${made.join(', ')}`,
      way: 'other-name',
    };
  }
  if (record.phase === 'unfinished') {
    if (record.engine === engine) return { do: 'remake' };
    const why = `the creation of the cluster ${wanted.name} was started on another container engine (${record.engine}) than the current one (${engine}), which has containers of that name`;
    return { do: 'refuse', why, way: 'other-engine' };
  }
  return decideAboutFinished(found);
}

/** For nodes that were finished, or of which it is unknown. */
function decideAboutFinished({ containers, record, kubeconfig, wanted, settings, canJoin }: Found): Decision {
  const nodes = containers.filter(({ role }) => role !== balancer);
  const shape = (of: NodeContainer[]): Shape => ({
    roles: of.map(({ role }) => role),
    image: of[0]?.image ?? '',
    ports: of.flatMap(({ ports }) => ports),
    settings: record.phase === 'finished' ? record.settings : settings,
  });
  const was = record.phase === 'finished' ? record : shape(nodes);
  const join = record.phase === 'finished' && canJoin ? addedWorkers(wanted, was.roles) : [];
  const grown = { ...was, roles: [...was.roles, ...join.map(() => 'worker')] };
  const differing = [
    ...differences(grown, { ...wanted, settings }),
    ...missingPorts(was.ports, wanted.ports),
  ];
  if (differing.length > 0) {
    const why = `Kind cannot change the cluster ${wanted.name} in place, and cluster.yaml differs from it: ${differing.join('; ')}`;
    return { do: 'refuse', why, way: 'move-data' };
  }
  // Those that join may be there already: an earlier run was interrupted.
  const there = shape(nodes.filter(({ name }) => !join.includes(name)));
  const gone = [...differences(was, there), ...missingPorts(there.ports, was.ports)];
  if (gone.length > 0) {
    const more = there.roles.length > was.roles.length;
    const why = `the containers of the cluster ${wanted.name} (${containers.map(({ name }) => name).join(', ')}) are not the created ones: ${gone.join('; ')}`;
    return { do: 'refuse', why, way: more ? 'finish-join' : 'take-down' };
  }
  if (record.phase !== 'finished') return { do: 'adopt' };
  const start = containers.filter(({ running }) => !running).map(({ name }) => name);
  return { do: 'keep', start, fetchKubeconfig: kubeconfig === 'lost', join };
}

/** Names of the workers of cluster.yaml that the cluster does not have, as Kind names them. */
function addedWorkers({ name, roles }: KindCluster, made: readonly string[]): string[] {
  const workers = (of: readonly string[]) => of.filter((role) => role === 'worker').length;
  const before = workers(made);
  return Array.from({ length: Math.max(workers(roles) - before, 0) }, (_, i) =>
    kindNodeName(name, 'worker', before + i),
  );
}

/** Kind's load balancer in front of several control planes; it has no mounts. */
export const balancer = 'external-load-balancer';

/** Containers that were not created from this folder, but by another tool, user or checkout. */
export function strangers<T extends NodeContainer>(containers: readonly T[], files: string): T[] {
  return containers.filter((each) => !each.onOurNetwork || (each.role !== balancer && each.files !== files));
}

type Shape = Omit<Extract<KindRecord, { phase: 'finished' }>, 'phase' | 'engine' | 'roles'> & {
  roles: string[];
};

/** Differences between the created cluster and cluster.yaml, by the names of its fields. */
function differences(was: Shape, wanted: Shape): string[] {
  const count = (roles: readonly string[], role: string) => roles.filter((each) => each === role).length;
  const found: string[] = [];
  const note = (what: string, before: unknown, after: unknown) => {
    if (before !== after) found.push(`${what}: ${before ?? 'none'} → ${after ?? 'none'}`);
  };
  note('nodes, control planes', count(was.roles, 'control-plane'), count(wanted.roles, 'control-plane'));
  note('nodes, workers', count(was.roles, 'worker'), count(wanted.roles, 'worker'));
  note('kubernetes.version, as image of the nodes', was.image, wanted.image);
  for (const [name, node] of Object.entries(nodePorts))
    note(`provider.ports.${name}`, hostOf(was.ports, { node }), hostOf(wanted.ports, { node }));
  const settings = changes(was.settings, wanted.settings).map(({ path }) => path);
  if (settings.length > 0)
    found.push(
      `settings of the nodes, which this version of the program writes differently: ${settings.join(', ')}`,
    );
  return found;
}

/** Public ports of apps that a cluster needs and does not have. One that no app needs any more does no harm. */
function missingPorts(has: readonly PortMapping[], needs: readonly PortMapping[]): string[] {
  const gateway: number[] = Object.values(nodePorts);
  return needs
    .filter((port) => !gateway.includes(port.node) && hostOf(has, port) !== port.host)
    .map(
      (port) =>
        `public ${port.protocol ?? 'tcp'} port of an app: ${hostOf(has, port) ?? 'none'} → ${port.host}`,
    );
}

/** The port of this machine that leads to a port of the nodes. */
function hostOf(
  ports: readonly PortMapping[],
  { node, protocol }: Omit<PortMapping, 'host'>,
): number | undefined {
  return ports.find((port) => port.node === node && port.protocol === protocol)?.host;
}
