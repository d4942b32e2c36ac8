import { z } from 'zod';
import { annotations } from '../../charts/kube/names.ts';
import type { ClusterNode } from '../../model/schema/cluster/nodes.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import type { Kubectl } from '../flux/decryption-key.ts';

const taintSchema = z.looseObject({ key: z.string(), value: z.string().optional(), effect: z.string() });

const listSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        resourceVersion: z.string(),
        labels: z.record(z.string(), z.string()).default({}),
        annotations: z.record(z.string(), z.string()).default({}),
      }),
      spec: z.object({ taints: z.array(taintSchema).default([]) }),
    }),
  ),
});

type Node = z.infer<typeof listSchema>['items'][number];

/** Keys of the labels and taints that an earlier run set; no others are removed. */
const recordSchema = z.object({ labels: z.array(z.string()), taints: z.array(z.string()) });

/** Kind's name for a node after `before` nodes of the same role; Kind numbers them from the second one on. */
export function kindNodeName(cluster: string, role: string, before: number): string {
  return `${cluster}-${role}${before === 0 ? '' : before + 1}`;
}

/**
 * The Kubernetes name of each node of cluster.yaml. Kind numbers the nodes of a role, starting with the
 * second.
 */
export function nodeNames({
  name,
  provider,
  nodes,
}: Pick<Cluster, 'name' | 'provider' | 'nodes'>): [string, ClusterNode][] {
  if (provider.kind !== 'kind') return nodes.map((node) => [node.name, node]);
  return nodes.map((node, i) => {
    const before = nodes.slice(0, i).filter(({ role }) => role === node.role).length;
    return [kindNodeName(name, node.role, before), node];
  });
}

/**
 * Sets the labels and taints of cluster.yaml on the nodes of a cluster, and removes those that it no longer
 * has. Labels and taints from elsewhere stay. Returns the names of the changed nodes.
 */
export async function ensureNodeFeatures(cluster: Cluster, kubectl: Kubectl): Promise<string[]> {
  const { items } = listSchema.parse(JSON.parse(await kubectl(['get', 'nodes', '-o', 'json'])));
  const changed: string[] = [];
  for (const [name, wanted] of nodeNames(cluster)) {
    const node = items.find(({ metadata }) => metadata.name === name);
    const isPlain = Object.keys({ ...wanted.labels, ...wanted.taints }).length === 0;
    if (node === undefined && isPlain) continue;
    if (node === undefined) {
      throw new Failure(
        `the cluster '${cluster.name}' has no node '${name}', whose labels or taints are in cluster.yaml.`,
        `It has ${items.map(({ metadata }) => metadata.name).join(', ') || 'none'}. If the node is only late, type the same command again.`,
      );
    }
    const patch = patchOf(node, wanted);
    if (patch === undefined) continue;
    await kubectl(['patch', 'node', name, '--type=merge', '-p', JSON.stringify(patch)]);
    changed.push(name);
  }
  return changed;
}

/** A merge patch (RFC 7386); undefined if the node needs no change. */
function patchOf(node: Node, { labels, taints }: ClusterNode): object | undefined {
  const { metadata, spec } = node;
  const written = metadata.annotations[annotations.nodeFeatures];
  const before = recordSchema.parse(written === undefined ? { labels: [], taints: [] } : JSON.parse(written));
  const record = JSON.stringify({ labels: Object.keys(labels).sort(), taints: Object.keys(taints).sort() });
  const gone = before.labels.filter((key) => !Object.hasOwn(labels, key) && key in metadata.labels);
  const others = spec.taints.filter(({ key }) => !before.taints.includes(key) && !Object.hasOwn(taints, key));
  const own = Object.entries(taints).map(([key, value]) => ({ key, value, effect: 'NoSchedule' }));
  const all = [...others, ...own];
  const isSame =
    gone.length === 0 &&
    Object.entries(labels).every(([key, value]) => metadata.labels[key] === value) &&
    sorted(all) === sorted(spec.taints) &&
    (written === record || (written === undefined && own.length + Object.keys(labels).length === 0));
  if (isSame) return undefined;
  return {
    metadata: {
      // Kubernetes taints nodes too: a concurrent change must not be lost.
      resourceVersion: metadata.resourceVersion,
      labels: { ...Object.fromEntries(gone.map((key) => [key, null])), ...labels },
      annotations: { [annotations.nodeFeatures]: record },
    },
    spec: { taints: all },
  };
}

function sorted(taints: readonly z.infer<typeof taintSchema>[]): string {
  return taints
    .map(({ key, value = '', effect }) => `${key}=${value}:${effect}`)
    .sort()
    .join(',');
}
