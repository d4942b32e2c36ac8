import type { Node } from './objects.ts';
import { condition, type Finding, inOrder } from './reading.ts';

/** A node of the cluster. */
export interface NodeState extends Finding {
  name: string;
  role: string;
  /** The kubelet's version. */
  version: string;
  /** `2 CPU, 4.0 GiB`. */
  size: string;
  /** `containerd 2.4.2`. */
  runtime: string;
}

/** The nodes on the page. */
export function nodeStates(nodes: Iterable<Node>): NodeState[] {
  return inOrder(nodes).map(({ metadata, status }) => {
    const ready = condition(status?.conditions, 'Ready');
    const good = ready?.status === 'True';
    return {
      name: metadata.name,
      mood: good ? 'good' : 'bad',
      message: good ? '' : (ready?.message ?? 'The node has not reported yet.'),
      since: ready?.lastTransitionTime ?? '',
      ...(good ? {} : { more: { command: `kubectl describe node ${metadata.name}`, events: [] } }),
      role: 'node-role.kubernetes.io/control-plane' in (metadata.labels ?? {}) ? 'control plane' : 'worker',
      version: status?.nodeInfo?.kubeletVersion ?? '',
      size: size(status?.capacity ?? {}),
      runtime: (status?.nodeInfo?.containerRuntimeVersion ?? '').replace('://', ' '),
    };
  });
}

/** The kubelet reports memory in KiB. */
function size({ cpu, memory }: Record<string, string>): string {
  const kibibytes = /^(\d+)Ki$/.exec(memory ?? '')?.[1];
  const parts = [cpu && `${cpu} CPU`, kibibytes && `${(Number(kibibytes) / 1024 / 1024).toFixed(1)} GiB`];
  return parts.filter(Boolean).join(', ');
}
