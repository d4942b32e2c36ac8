/** A condition of a pod (Kubernetes API, `PodCondition`). */
export interface PodCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

/** The parts of a pod that count here. */
export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string; labels?: Record<string, string> };
  spec: { readinessGates?: { conditionType: string }[] };
  status?: { conditions?: PodCondition[] };
}

/** The parts of a ReplicaSet that count here. */
export interface ReplicaSet {
  metadata: { annotations?: Record<string, string>; labels?: Record<string, string> };
}

/** Label of a pod and of its ReplicaSet (Kubernetes, 'Deployments', 'Pod-template-hash label'). */
const hashLabel = 'pod-template-hash';
/** Annotation of a ReplicaSet: the newest has the highest number. */
const revisionAnnotation = 'deployment.kubernetes.io/revision';

export function hasGate({ spec }: Pod, type: string): boolean {
  return spec.readinessGates?.some(({ conditionType }) => conditionType === type) === true;
}

export function conditionOf({ status }: Pod, type: string): PodCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Time since which a pod is ready, in milliseconds; undefined if it is not, or if it ends. */
export function readySince(pod: Pod): number | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'True' || ready.lastTransitionTime === undefined) return undefined;
  return pod.metadata.deletionTimestamp === undefined ? Date.parse(ready.lastTransitionTime) : undefined;
}

/** A roll-out that is under way: ready pods of the newest version, and ready pods of earlier ones. */
export interface RollOut {
  young: Pod[];
  old: Pod[];
}

/** The roll-out of a Deployment; undefined where all ready pods have one version, so that there is nothing to compare with. */
export function rollOutOf(pods: readonly Pod[], replicaSets: readonly ReplicaSet[]): RollOut | undefined {
  const newest = replicaSets.reduce<ReplicaSet | undefined>(
    (best, each) => (best === undefined || revisionOf(each) > revisionOf(best) ? each : best),
    undefined,
  );
  const hash = newest?.metadata.labels?.[hashLabel];
  if (hash === undefined) return undefined;
  const ready = pods.filter((pod) => readySince(pod) !== undefined);
  const young = ready.filter(({ metadata }) => metadata.labels?.[hashLabel] === hash);
  const old = ready.filter((pod) => !young.includes(pod));
  return young.length === 0 || old.length === 0 ? undefined : { young, old };
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}
