import type { Words } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import { type NodeFeatures, nodesForPods, takesPod } from '../../model/schema/node-choice.ts';
import { inUnits, quantityOf } from '../../model/schema/quantity.ts';
import { field, listField, textField } from '../kube/field.ts';
import { objectId } from '../kube/object-id.ts';
import type { Inventory } from './inventory.ts';

/** Cores, and bytes of memory. */
export interface Amount {
  cpu: number;
  memory: number;
}

/** Pods with the same requests. */
export interface Demand {
  /** `Deployment shop/shop`. */
  object: string;
  namespace: string;
  /** Requests of one pod. */
  each: Amount;
  count: number;
  /** Whether an update runs one pod more: the new pod serves before the old one ends. */
  surges?: boolean;
  /** Labels and tolerated taints that decide on which nodes the pods run. Default: nodes without taints. */
  choice?: Choice;
  /** Whether there is one pod on each node. */
  everywhere?: boolean;
}

interface Choice {
  labels: Record<string, string>;
  tolerate: string[];
}

/** A node with its capacity for pods. */
interface Room extends Amount, NodeFeatures {
  name: string;
}

const mebibyte = 2 ** 20;

/** Requests of kubeadm's own pods on a control plane: API server, controller manager, scheduler, etcd. */
const controlPlane: Amount = { cpu: 0.65, memory: 100 * mebibyte };
/** Requests of the network plugin on each node (flannel's manifest). */
const network: Amount = { cpu: 0.1, memory: 50 * mebibyte };
/** Requests of CoreDNS, two pods (kubeadm's manifest). */
const nameServers: Demand = {
  object: 'CoreDNS',
  namespace: 'kube-system',
  each: { cpu: 0.1, memory: 70 * mebibyte },
  count: 2,
};

/**
 * Reports requests that exceed the capacity: of all nodes, and of the nodes that some pods choose. In
 * production they must also fit without the largest node. Only sums are compared: pods can still fail to fit
 * where the sums fit narrowly.
 */
export function shortages(inventory: Inventory): Words[] {
  const nodes = roomFor(inventory.env);
  const demands = [...demandsOf(inventory), nameServers];
  const jobs = jobsOf(inventory);
  const groups = new Map([[namesOf(nodes), nodes]]);
  for (const demand of [...demands, ...jobs]) {
    const chosen = takers(nodes, demand);
    groups.set(namesOf(chosen), chosen);
  }
  const { production } = inventory.env.cluster;
  return [...groups.values()].flatMap((group) => {
    const within = (demand: Demand) => takers(nodes, demand).every((node) => group.includes(node));
    const isAll = group.length === nodes.length;
    return shortagesOn(group, {
      name: isAll ? 'the nodes' : namesOf(group),
      production: production && namesOf(group) === namesOf(takers(nodes, nameServers)),
      demands: demands
        .filter((demand) => demand.everywhere || within(demand))
        .map((demand) => (demand.everywhere && !isAll ? { ...demand, count: group.length } : demand)),
      jobs: jobs.filter(within),
      isChosen: (demand) => namesOf(takers(nodes, demand)) === namesOf(group),
    });
  });
}

/** The nodes on which a pod of a demand can run. */
function takers(nodes: readonly Room[], { choice, everywhere }: Demand): Room[] {
  if (everywhere) return [...nodes];
  return nodes.filter((node) => takesPod(node, choice ?? { labels: {}, tolerate: [] }));
}

function namesOf(nodes: readonly Room[]): string {
  return nodes.map(({ name }) => name).join(', ');
}

/** A group of nodes, with the pods that must fit on it. */
interface Asked {
  /** Subject of a sentence: 'the nodes', or their names. */
  name: string;
  /** Whether the pods must also fit when one node is lost. */
  production: boolean;
  /** Pods that can run on no other nodes. */
  demands: Demand[];
  jobs: Demand[];
  /** Whether a pod can run on exactly these nodes. */
  isChosen: (demand: Demand) => boolean;
}

function shortagesOn(nodes: readonly Room[], { name, production, demands, jobs, isChosen }: Asked): Words[] {
  const passing = [...demands.filter(({ surges }) => surges), ...jobs];
  const found: Words[] = [];
  for (const [key, unit] of [
    ['cpu', cores],
    ['memory', mebibytes],
  ] as const) {
    const largest = Math.max(...nodes.map((node) => node[key]));
    const total = nodes.reduce((sum, node) => sum + node[key], 0);
    const asked = demands.reduce((sum, { each, count }) => sum + each[key] * count, 0);
    const tooLarge = [...demands, ...jobs].filter(
      (demand) => isChosen(demand) && exceeds(demand.each[key], largest),
    );
    for (const { object, each } of tooLarge) {
      found.push({
        code: 'pod-too-large',
        what: `a pod of ${object} requests ${key} ${unit(each[key])}, and the largest node has ${unit(largest)} for pods`,
        why: 'it would stay pending',
        fix: `lower its requests, or make a node larger`,
      });
    }
    if (tooLarge.length > 0) continue;
    const by = () => askers(demands, key, unit);
    const has = name === 'the nodes' || nodes.length > 1 ? 'have' : 'has';
    if (exceeds(asked, total)) {
      found.push({
        code: 'nodes-too-small',
        what: `pods request ${key} ${unit(asked)}, and ${name} ${has} ${unit(total)} for pods`,
        why: `some pods would stay pending; the largest requests are those of ${by()}`,
        fix: `add a node, make one larger, or lower the requests by ${unit(asked - total)}`,
      });
    } else if (production && exceeds(asked, total - largest)) {
      found.push({
        code: 'nodes-too-few',
        what: `pods request ${key} ${unit(asked)}, and without the largest node ${unit(total - largest)} is left`,
        why: `in production the pods of a lost node must fit on the others; the largest requests are those of ${by()}`,
        fix: 'add a node',
      });
    } else {
      const homeless = passing.filter(({ each }) => exceeds(asked + each[key], total));
      for (const { object, each, surges } of homeless) {
        const left = unit(Math.max(0, total - asked));
        found.push({
          code: 'no-room-to-roll',
          what: `${surges ? `a new pod of ${object}` : object} requests ${key} ${unit(each[key])}, and beside all other pods ${name} ${has} ${left} left`,
          why: surges
            ? 'the old pod serves until the new one is ready, so no update of it could finish'
            : 'it would stay pending, and so would everything that waits for it',
          fix: `add a node, make one larger, or lower the requests by ${unit(asked + each[key] - total)}`,
        });
      }
    }
  }
  return found;
}

function askers(demands: readonly Demand[], key: keyof Amount, unit: (amount: number) => string): string {
  return [...demands]
    .sort((a, b) => b.each[key] * b.count - a.each[key] * a.count)
    .slice(0, 3)
    .map(({ object, each, count }) => `${object} ${unit(each[key] * count)}`)
    .join(', ');
}

/** The capacity of each node that runs pods. */
function roomFor({ cluster: { nodes } }: Environment): Room[] {
  const taking = nodesForPods(nodes);
  return taking.map(({ name, role, labels, taints, cpu, memory }) => {
    const reserved = role === 'worker' ? network : add(network, controlPlane);
    return {
      name,
      labels,
      taints,
      cpu: inUnits(cpu) - reserved.cpu,
      memory: inUnits(memory) - reserved.memory,
    };
  });
}

/**
 * Labels that Kubernetes itself sets on nodes, such as `kubernetes.io/os` ('Well-Known Labels'); cluster.yaml
 * does not have them.
 */
const kubernetesLabel = /^([a-z0-9.-]+\.)?(kubernetes|k8s)\.io\//;

/** The labels of cluster.yaml that a pod selects, and the keys of the taints that it tolerates. */
function choiceOf(pod: unknown): Choice {
  const labels = Object.entries(Object(field(pod, 'nodeSelector')))
    .filter(([key]) => !kubernetesLabel.test(key))
    .map(([key, value]) => [key, String(value)]);
  return {
    labels: Object.fromEntries(labels),
    tolerate: listField(pod, 'tolerations').flatMap((toleration) => textField(toleration, 'key') ?? []),
  };
}

/** What pods that do not end ask for. */
export function demandsOf(inventory: Inventory): Demand[] {
  const workloads = inventory.workloads
    .filter(({ ends }) => !ends)
    .map(({ object, namespace, pod, replicas }) => ({
      object: objectId(object),
      namespace,
      each: podRequests(pod),
      choice: choiceOf(pod),
      everywhere: object.kind === 'DaemonSet',
      count: object.kind === 'DaemonSet' ? inventory.env.cluster.nodes.length : replicas,
      surges: replicas > 0 && Number(field(object, 'spec', 'strategy', 'rollingUpdate', 'maxSurge') ?? 0) > 0,
    }));
  const databases = inventory.all('Cluster.postgresql.cnpg.io').map(({ object }) => ({
    object: objectId(object),
    namespace: object.metadata.namespace ?? 'default',
    each: requests(field(object, 'spec')),
    count: Number(field(object, 'spec', 'instances') ?? 1),
  }));
  return [...workloads, ...databases];
}

/** Pods that run to completion. They run one after the other, so each must fit beside the running pods. */
export function jobsOf(inventory: Inventory): Demand[] {
  return inventory.workloads
    .filter(({ ends }) => ends)
    .map(({ object, namespace, pod }) => ({
      object: objectId(object),
      namespace,
      each: podRequests(pod),
      choice: choiceOf(pod),
      count: 1,
    }));
}

/**
 * The requests that the scheduler counts: the sum of all containers and sidecars, or an init container with
 * larger requests plus the sidecars started before it (Kubernetes, 'Sidecar Containers', resource sharing
 * within containers).
 */
function podRequests(pod: unknown): Amount {
  let running: Amount = { cpu: 0, memory: 0 };
  let most = running;
  for (const container of listField(pod, 'initContainers')) {
    const asked = add(running, requests(container));
    most = larger(most, asked);
    if (field(container, 'restartPolicy') === 'Always') running = asked;
  }
  return larger(most, listField(pod, 'containers').map(requests).reduce(add, running));
}

function larger(a: Amount, b: Amount): Amount {
  return { cpu: Math.max(a.cpu, b.cpu), memory: Math.max(a.memory, b.memory) };
}

function requests(container: unknown): Amount {
  const of = (key: string) => quantityOf(field(container, 'resources', 'requests', key) ?? 0) ?? 0;
  return { cpu: of('cpu'), memory: of('memory') };
}

function add(a: Amount, b: Amount): Amount {
  return { cpu: a.cpu + b.cpu, memory: a.memory + b.memory };
}

export function cores(amount: number): string {
  return `${Math.round(amount * 1000)}m`;
}

export function mebibytes(amount: number): string {
  return `${Math.ceil(amount / mebibyte)}Mi`;
}

/** Sums of tenths are not exact, so a millionth of a core is ignored. */
export function exceeds(asked: number, there: number): boolean {
  return asked - there > 1e-6;
}
