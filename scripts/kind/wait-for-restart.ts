import type { Report } from '../../images/index.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { isTrue, type WatchedObject, watchUntil } from '../cluster/watch-until.ts';

/**
 * Waits until every pod runs again after its node was stopped. At first the API server has the state from
 * before the stop, so only containers that were started since count.
 */
export async function waitForRestart(
  cluster: string,
  since: Date,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<void> {
  await watchUntil({
    kubeconfig: kubeconfigPath(cluster),
    path: '/api/v1/pods',
    what: `the pods of ${cluster} to run again`,
    timeoutSeconds: 300,
    missing: (pods) => {
      const waiting = pods.filter((pod) => !runsSince(pod, since)).map(({ metadata }) => metadata.name);
      if (waiting.length === 0) return undefined;
      return `${pods.length - waiting.length} of ${pods.length} pods run; ${waiting.slice(0, 3).join(', ')}`;
    },
    report,
    signal,
  });
}

function runsSince({ status, ...pod }: WatchedObject, since: Date): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const containers = (status?.containerStatuses ?? []) as { state?: { running?: { startedAt: string } } }[];
  return (
    containers.length > 0 &&
    containers.every(
      ({ state }) => state?.running !== undefined && new Date(state.running.startedAt) >= since,
    ) &&
    isTrue({ ...pod, status: { ...status, observedGeneration: Number.POSITIVE_INFINITY } }, 'Ready')
  );
}
