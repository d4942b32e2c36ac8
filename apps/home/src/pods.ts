import type { ContainerStatus, Pod } from './objects.ts';
import { condition, plain } from './reading.ts';

/** The reason why a pod does not serve. */
export interface PodTrouble {
  pod: string;
  message: string;
  /** The part of the text that comes from Kubernetes. */
  words: string;
  /** Whether the container starts and ends, so that its previous log has the reason. */
  ends: boolean;
}

/** The reason of the newest pod that has one. */
export function newestTrouble(pods: Pod[]): PodTrouble | undefined {
  const born = ({ metadata }: Pod): string => metadata.creationTimestamp ?? '';
  return [...pods]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => (born(a) < born(b) ? 1 : -1))
    .map(podTrouble)
    .find((trouble) => trouble !== undefined);
}

function podTrouble({ metadata, status }: Pod): PodTrouble | undefined {
  const pod = metadata.name;
  const scheduled = condition(status?.conditions, 'PodScheduled');
  if (scheduled?.status === 'False') {
    const words = scheduled.message ?? scheduled.reason ?? '';
    return { pod, message: `No node accepts it: ${words}`, words, ends: false };
  }
  for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const trouble = containerTrouble(container);
    if (trouble) return { pod, ...trouble };
  }
  return undefined;
}

/** Reasons that every container has for a moment while it starts. */
const usual = new Set(['ContainerCreating', 'PodInitializing']);

function containerTrouble(status: ContainerStatus): Omit<PodTrouble, 'pod'> | undefined {
  const { ready, state, lastState, restartCount = 0 } = status;
  if (ready) return undefined;
  const ended = state?.terminated ?? lastState?.terminated;
  if (ended && (ended.exitCode ?? 0) !== 0) {
    const again = restartCount > 0 ? ` Restarted ${times(restartCount)}.` : '';
    return { message: `${howItEnded(ended)}${again}`, words: '', ends: true };
  }
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (reason === '' || usual.has(reason)) return undefined;
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff') {
    // Kubernetes alternates between two messages, a try and a wait; this is the common part of both.
    const words = plain(message.replace(/^Back-off pulling image "[^"]*"(: ErrImagePull: )?/, ''));
    return { message: `Its image can't be pulled${words === '' ? '.' : `: ${words}`}`, words, ends: false };
  }
  const words = plain(message);
  return { message: [reason, words].filter(Boolean).join(': '), words, ends: reason === 'CrashLoopBackOff' };
}

function howItEnded({ exitCode, reason }: { exitCode?: number; reason?: string }): string {
  if (reason === 'OOMKilled') return 'It was killed because its memory use exceeded the limit (OOMKilled).';
  return `It starts and ends with exit code ${exitCode}.`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
