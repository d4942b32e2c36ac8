import { ApiObject, type ApiObjectProps, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { listField } from './field.ts';
import { annotations as keys, partOf, podLabels } from './names.ts';
import { type PodInput, podSpec } from './pod.ts';

/** A workload that runs on and on: the pod, and how many of it. */
export interface WorkloadInput {
  name: string;
  namespace: string;
  pod: PodInput;
  /** `scaled`: a HorizontalPodAutoscaler says how many, and the manifest does not. Default: 1. */
  replicas?: number | 'scaled';
  annotations?: Record<string, string>;
  /** On the pod: a change of it replaces the pod. */
  podAnnotations?: Record<string, string>;
  /** A pod that is told to stop still gets requests until every gateway knows: so long it waits before it hears of it. */
  drainSeconds?: number;
  /** So long a pod must be ready until it counts. Default: not at all. */
  settleSeconds?: number;
}

/** A Deployment: its pods are all the same. */
export interface DeploymentInput extends WorkloadInput {
  /** `rolling`: the new pod serves before the old one goes. `recreate`: never two, for what owns a volume. */
  update: 'rolling' | 'recreate';
}

/** A Deployment whose pods carry `podLabels(name)`. */
export function deployment(chart: Chart, input: DeploymentInput): void {
  const { metadata, spec } = workload(input, 'pod-template-hash');
  const manifest: ApiObjectProps = k8s.KubeDeployment.manifest({
    metadata,
    spec: { ...spec, strategy: strategy(input.update) },
  });
  new ApiObject(chart, `deployment-${input.name}`, draining(manifest, input.drainSeconds));
}

/** What workloads that run on and on have in common. `revision` is the label by which old pods and new ones differ. */
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
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: { ...labels, 'app.kubernetes.io/part-of': partOf },
          ...(podAnnotations ? { annotations: podAnnotations } : {}),
        },
        spec: {
          ...podSpec(input.pod),
          ...(replicas === 'scaled' || replicas > 1
            ? { topologySpreadConstraints: [spread(labels, revision)] }
            : {}),
        },
      },
    },
  };
}

/** The types of cdk8s-plus-28 end at Kubernetes 1.28 and drop what came later, such as `sleep`: added at the very end. */
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

/** On different nodes where there are several; on one node they may still run together. */
function spread(labels: Record<string, string>, revision: string): k8s.TopologySpreadConstraint {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
    // Without it a rolling update counts the old pods too and ends up lopsided.
    matchLabelKeys: [revision],
  };
}
