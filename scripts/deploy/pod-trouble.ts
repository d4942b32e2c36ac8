import type { V1Pod } from '@kubernetes/client-node';
import type { ClusterClient } from '../cluster/client.ts';
import { reason } from '../cluster/request.ts';
import type { PodsBefore } from './pods-before.ts';

/** The new pods of a namespace, the youngest last. */
async function newPods(client: ClusterClient, namespace: string, before: PodsBefore): Promise<V1Pod[]> {
  const { items } = await client.core.listNamespacedPod({ namespace });
  const at = ({ metadata }: V1Pod) => metadata?.creationTimestamp?.getTime() ?? 0;
  return items.filter(({ metadata }) => !before.has(metadata?.uid ?? '')).sort((a, b) => at(a) - at(b));
}

/**
 * The last events and log lines of a new pod, for the message of a failure.
 * @param name Default: the youngest new pod.
 */
export async function podTrouble(
  client: ClusterClient,
  namespace: string,
  before: PodsBefore,
  name?: string,
): Promise<string[]> {
  const pods = await newPods(client, namespace, before);
  const pod = name === undefined ? pods.at(-1) : pods.find(({ metadata }) => metadata?.name === name);
  const podName = pod?.metadata?.name;
  if (pod === undefined || podName === undefined) return [];
  const { items } = await client.core.listNamespacedEvent({
    namespace,
    fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${podName}`,
  });
  const events = items
    .sort((a, b) => (a.lastTimestamp?.getTime() ?? 0) - (b.lastTimestamp?.getTime() ?? 0))
    .slice(-6)
    .map(({ type, reason: why, message }) => `  ${type ?? ''} ${why ?? ''}: ${message?.trim() ?? ''}`);
  const statuses = pod.status?.containerStatuses ?? [];
  const fallen = statuses.find(({ ready }) => !ready) ?? statuses[0];
  const log =
    fallen === undefined
      ? []
      : await logLines(
          client,
          { namespace, name: podName, container: fallen.name },
          {
            tailLines: 15,
            // A container that waits for its restart has no log yet.
            previous: fallen.state?.waiting !== undefined && fallen.restartCount > 0,
          },
        );
  return [
    ...(events.length === 0 ? [] : [`events of ${podName}:`, ...events]),
    ...(log.length === 0
      ? []
      : [`last lines of its log (container ${fallen?.name}):`, ...log.map((line) => `  ${line}`)]),
  ];
}

/** The first log lines of the youngest new pod; empty if there is none. */
export async function firstLines(
  client: ClusterClient,
  namespace: string,
  before: PodsBefore,
  count = 8,
): Promise<string[]> {
  const pod = (await newPods(client, namespace, before)).at(-1);
  const [name, container] = [pod?.metadata?.name, pod?.spec?.containers[0]?.name];
  if (name === undefined || container === undefined) return [];
  const lines = await logLines(client, { namespace, name, container }, { limitBytes: 16_384 });
  return lines.slice(0, count);
}

async function logLines(
  client: ClusterClient,
  where: { namespace: string; name: string; container: string },
  options: { tailLines?: number; limitBytes?: number; previous?: boolean },
): Promise<string[]> {
  try {
    const text = await client.core.readNamespacedPodLog({ ...where, ...options });
    return text.trimEnd() === '' ? [] : text.trimEnd().split('\n');
  } catch (error) {
    return [`(the log of ${where.name} cannot be read: ${reason(error)})`];
  }
}
