import { ApiObject, type ApiObjectProps, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { listField } from './field.ts';
import { annotations as keys, partOf, podLabels } from './names.ts';
import { type PodInput, podSpec } from './pod.ts';

/** A workload: the pod, and how many of it. */
export interface DeploymentInput {
  name: string;
  namespace: string;
  pod: PodInput;
  replicas?: number;
  /** `rolling`: the new pod serves before the old one goes. `recreate`: never two, for what owns a volume. */
  update: 'rolling' | 'recreate';
  annotations?: Record<string, string>;
  /** On the pod: a change of it replaces the pod. */
  podAnnotations?: Record<string, string>;
  /** A pod that is told to stop still gets requests until every gateway knows: so long it waits before it hears of it. */
  drainSeconds?: number;
}

/** A Deployment whose pods carry `podLabels(name)`. */
export function deployment(chart: Chart, input: DeploymentInput): void {
  const { name, namespace, podAnnotations, replicas = 1, drainSeconds = 0 } = input;
  const { reason } = input.pod.container.resources;
  const annotations = { ...input.annotations, ...(reason ? { [keys.resources]: reason } : {}) };
  const labels = podLabels(name);
  const manifest: ApiObjectProps = k8s.KubeDeployment.manifest({
    metadata: { name, namespace, labels, annotations },
    spec: {
      replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      strategy: strategy(input.update),
      template: {
        metadata: {
          labels: { ...labels, 'app.kubernetes.io/part-of': partOf },
          ...(podAnnotations ? { annotations: podAnnotations } : {}),
        },
        spec: {
          ...podSpec(input.pod),
          ...(replicas > 1 ? { topologySpreadConstraints: [spread(labels)] } : {}),
        },
      },
    },
  });
  new ApiObject(chart, `deployment-${name}`, drainSeconds > 0 ? draining(manifest, drainSeconds) : manifest);
}

/** The types of cdk8s-plus-28 end at Kubernetes 1.28 and drop what came later, such as `sleep`: added at the very end. */
function draining(manifest: ApiObjectProps, seconds: number): ApiObjectProps {
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
function spread(labels: Record<string, string>): k8s.TopologySpreadConstraint {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
    // Without it a rolling update counts the old pods too and ends up lopsided.
    matchLabelKeys: ['pod-template-hash'],
  };
}
