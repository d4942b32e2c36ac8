import type { V1Node } from '@kubernetes/client-node';
import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';

/** A node of the cluster. */
export interface NodeStatus {
  name: string;
  ready: boolean;
  roles: string[];
  /** The kubelet's version. */
  version: string;
  /** Reason if it is not ready; empty if it is. */
  message: string;
}

/** Every node of the cluster, by name. */
export async function nodes(client: ClusterClient): Promise<NodeStatus[]> {
  const list = await ask(client, 'nodes', client.core.listNode());
  return list.items.map(readNode).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const rolePrefix = 'node-role.kubernetes.io/';

/** State of a node from its Node object. */
export function readNode(node: V1Node): NodeStatus {
  const condition = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const ready = condition?.status === 'True';
  const roles = Object.keys(node.metadata?.labels ?? {})
    .filter((label) => label.startsWith(rolePrefix))
    .map((label) => label.slice(rolePrefix.length))
    .sort();
  return {
    name: node.metadata?.name ?? '',
    ready,
    roles: roles.length > 0 ? roles : ['worker'],
    version: node.status?.nodeInfo?.kubeletVersion ?? '',
    message: ready ? '' : (condition?.message ?? 'the node has not reported yet'),
  };
}
