import { textField } from '../../charts/kube/field.ts';
import { fewErrors } from '../../charts/kube/names.ts';
import type { Report } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { type WatchedObject, watchUntil } from '../cluster/watch-until.ts';
import type { WatchedWorkload } from './kustomizations.ts';
import { podTrouble } from './pod-trouble.ts';
import type { PodsBefore } from './pods-before.ts';

/**
 * Waits with watches until all pods of a workload have its newest template and are ready.
 * @throws Failure as soon as a new pod can never become ready: with its events and the last lines of its log.
 */
export async function waitForRollOut(
  workload: WatchedWorkload,
  options: {
    client: ClusterClient;
    before: PodsBefore;
    timeoutSeconds: number;
    report: Report;
    signal: AbortSignal;
  },
): Promise<void> {
  const { client, before, timeoutSeconds, report, signal } = options;
  const { kind, namespace, name } = workload;
  const ended = new AbortController();
  const watched = { kubeconfig: client.kubeconfig, signal: AbortSignal.any([signal, ended.signal]) };
  let broken: WatchedObject | undefined;
  const pods = watchUntil({
    ...watched,
    // Longer than the other time-out, whose message says what is missing.
    timeoutSeconds: timeoutSeconds + 60,
    path: `/api/v1/namespaces/${namespace}/pods`,
    what: `a new pod of ${name} to fail`,
    missing: (objects) => {
      broken = objects.find(
        (pod) =>
          belongsTo(pod, workload) &&
          !before.has(textField(pod, 'metadata', 'uid') ?? '') &&
          whyStuck(pod) !== undefined,
      );
      return broken === undefined ? 'a pod that fails' : undefined;
    },
  });
  const rollOut = watchUntil({
    ...watched,
    timeoutSeconds,
    path: `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`,
    what: `the new pods of ${namespace}/${name} to serve`,
    missing: (objects) =>
      notRolledOut(
        kind,
        objects.find((object) => object.metadata.name === name),
      ),
    report,
    explain: async () => (await podTrouble(client, namespace, before)).join('\n'),
  });
  try {
    await Promise.race([pods, rollOut]);
  } finally {
    ended.abort();
    await Promise.allSettled([pods, rollOut]);
  }
  if (broken === undefined) return;
  const trouble = await podTrouble(client, namespace, before, broken.metadata.name);
  throw new Failure(
    `the new pod ${namespace}/${broken.metadata.name} does not start: ${whyStuck(broken)}\n${trouble.join('\n')}`,
    'Correct it, then type the same command again.',
  );
}

function belongsTo(pod: WatchedObject, { name }: WatchedWorkload): boolean {
  return textField(pod, 'metadata', 'labels', 'app.kubernetes.io/name') === name;
}

/** Container states that do not recover by waiting (kubelet, `pkg/kubelet/images` and `pkg/kubelet/container`). */
const forGood = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Reason why a pod gets no requests, by the gate of roll-outs; undefined if it gets some, or is not yet ready. */
export function whyClosed(
  conditions: { type: string; status: string; message?: string }[] = [],
): string | undefined {
  const gate = conditions.find(({ type }) => type === fewErrors);
  return gate?.status === 'False'
    ? `too many errors: ${gate.message ?? 'the gate of roll-outs has closed'}`
    : undefined;
}

interface ContainerStatus {
  name: string;
  state?: { waiting?: { reason?: string; message?: string } };
  lastState?: { terminated?: { exitCode?: number; reason?: string } };
}

/** Reason why a pod can never become ready; undefined if it still can. */
export function whyStuck({ status }: WatchedObject): string | undefined {
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap(
    (field) => (status?.[field] ?? []) as ContainerStatus[],
  );
  for (const { name, state, lastState } of containers) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined || !forGood.has(reason)) continue;
    const { exitCode } = lastState?.terminated ?? {};
    const end = exitCode === undefined ? '' : `, exit code ${exitCode}`;
    return `container ${name}: ${reason}${end}${message === undefined || reason === 'CrashLoopBackOff' ? '' : `: ${message}`}`;
  }
  return whyClosed(status?.conditions);
}

/** The condition that a roll-out still lacks; undefined when it is complete (`kubectl rollout status`). */
export function notRolledOut(
  kind: WatchedWorkload['kind'],
  object: WatchedObject | undefined,
): string | undefined {
  if (object === undefined) return 'it does not exist yet';
  const { metadata, spec, status } = object;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return 'its controller has not processed it yet';
  const number = (from: Record<string, unknown> | undefined, key: string, absent = 0) =>
    Number(from?.[key] ?? absent);
  const [wanted, updated, available] =
    kind === 'DaemonSet'
      ? [
          number(status, 'desiredNumberScheduled'),
          number(status, 'updatedNumberScheduled'),
          number(status, 'numberAvailable'),
        ]
      : [number(spec, 'replicas', 1), number(status, 'updatedReplicas'), number(status, 'availableReplicas')];
  if (updated < wanted) return `${updated} of ${wanted} pods are new`;
  // In a Deployment, an available pod can still have the old version.
  const unavailable = number(status, 'unavailableReplicas');
  if (available < wanted || (kind === 'Deployment' && unavailable > 0)) {
    return `${Math.max(0, Math.min(available, wanted - unavailable))} of ${wanted} pods are ready`;
  }
  return undefined;
}
