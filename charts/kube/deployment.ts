import { ApiObject, type ApiObjectProps, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { listField } from './field.ts';
import { annotations as keys, podLabels } from './names.ts';
import { type PodInput, podSpec } from './pod.ts';
import { selectedPods } from './selected-pods.ts';

/** A long-running workload: its pod, and the number of its pods. */
export interface WorkloadInput {
  name: string;
  namespace: string;
  pod: PodInput;
  /** `scaled`: a HorizontalPodAutoscaler sets the number, and the manifest does not. Default: 1. */
  replicas?: number | 'scaled';
  annotations?: Record<string, string>;
  /** Annotations of the pod; a change replaces the pod. */
  podAnnotations?: Record<string, string>;
  /** preStop delay in seconds, so that gateways drop the endpoint first: `gatewayDrain` where there is another pod. Default: 0. */
  drainSeconds?: number;
  /** `minReadySeconds`: seconds a pod must be ready before it counts as available. Default: 0. */
  settleSeconds?: number;
  /** `progressDeadlineSeconds` of a Deployment: seconds without progress after which a roll-out has failed. Default: 600. */
  deadlineSeconds?: number;
  /** Spread of the pods. Default: over the nodes, as far as they have room. */
  spread?: Spread;
}

interface Spread {
  /** Label key. Default: `kubernetes.io/hostname`, each node by itself. */
  over?: string | undefined;
  /** Whether a pod that cannot be spread stays pending. */
  strict: boolean;
}

/** A Deployment, whose pods are interchangeable. */
export interface DeploymentInput extends WorkloadInput {
  /** `rolling`: the new pod serves before the old one ends. `recreate`: never two pods, for the owner of a volume. */
  update: 'rolling' | 'recreate';
}

/** A Deployment whose pods carry `podLabels(name)`. */
export function deployment(chart: Chart, input: DeploymentInput): void {
  const { metadata, spec } = workload(input, 'pod-template-hash');
  const manifest: ApiObjectProps = k8s.KubeDeployment.manifest({
    metadata,
    spec: {
      ...spec,
      ...(input.deadlineSeconds === undefined ? {} : { progressDeadlineSeconds: input.deadlineSeconds }),
      strategy: strategy(input.update),
    },
  });
  new ApiObject(chart, `deployment-${input.name}`, draining(manifest, input.drainSeconds));
}

/**
 * Seconds until the gateway sends nothing more to a pod that ends. Traefik collects changes for up to 2 s
 * (`providersThrottleDuration`), and the API server and its controllers need their time on a busy machine.
 */
export const gatewayDrain = 8;

/** The common part of Deployments and StatefulSets. `revision` is the label that distinguishes old pods from new ones. */
export function workload(
  input: WorkloadInput,
  revision: string,
): {
  metadata: k8s.ObjectMeta;
  spec: Pick<
    k8s.DeploymentSpec,
    'minReadySeconds' | 'revisionHistoryLimit' | 'selector' | 'template' | 'replicas'
  >;
} {
  const { name, namespace, podAnnotations, replicas = 1, settleSeconds = 0 } = input;
  const { reason } = input.pod.container.resources;
  const annotations = { ...input.annotations, ...(reason ? { [keys.resources]: reason } : {}) };
  const labels = podLabels(name);
  return {
    metadata: { name, namespace, labels, annotations },
    spec: {
      ...(replicas === 'scaled' ? {} : { replicas }),
      ...(settleSeconds > 0 ? { minReadySeconds: settleSeconds } : {}),
      ...selectedPods(
        name,
        {
          ...podSpec(input.pod),
          ...(replicas === 'scaled' || replicas > 1
            ? { topologySpreadConstraints: [spread(labels, revision, input.spread)] }
            : {}),
        },
        podAnnotations,
      ),
    },
  };
}

/** Adds the preStop delay to a manifest: the types of cdk8s-plus-28 know Kubernetes 1.28, which has no `sleep`. */
export function draining(manifest: ApiObjectProps, seconds = 0): ApiObjectProps {
  if (seconds === 0) return manifest;
  const [container] = listField(manifest, 'spec', 'template', 'spec', 'containers');
  Object.assign(Object(container), { lifecycle: { preStop: { sleep: { seconds } } } });
  return manifest;
}

function strategy(update: DeploymentInput['update']): k8s.DeploymentStrategy {
  if (update === 'recreate') return { type: 'Recreate' };
  const [maxSurge, maxUnavailable] = [k8s.IntOrString.fromNumber(1), k8s.IntOrString.fromNumber(0)];
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
}

/** Spreads pods over nodes; they may share a node unless `strict` is set. */
function spread(
  labels: Record<string, string>,
  revision: string,
  { over = 'kubernetes.io/hostname', strict }: Spread = { strict: false },
): k8s.TopologySpreadConstraint {
  return {
    maxSkew: 1,
    topologyKey: over,
    whenUnsatisfiable: strict ? 'DoNotSchedule' : 'ScheduleAnyway',
    // A node that accepts no such pod would count as empty, and the remaining pods would stay pending.
    ...(strict ? { nodeTaintsPolicy: 'Honor' } : {}),
    labelSelector: { matchLabels: labels },
    // Without it a rolling update also counts old pods and ends with an uneven spread.
    matchLabelKeys: [revision],
  };
}
