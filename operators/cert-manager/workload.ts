import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { stringify } from 'yaml';
import { configMap } from '../../charts/kube/config-map.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { certManagerNamespace as space } from '../../charts/kube/names.ts';
import { allow, type Flow, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { role } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';

/** Verbs of a controller that watches objects. */
export const read = ['get', 'list', 'watch'];

/** Lease of the leader. After a power loss of its node another pod takes over in 15 s. */
export const lease = { leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' };

/** One of the programs of cert-manager. */
interface CertManagerWorkload {
  name: string;
  image: string;
  args?: string[];
  /** The content of the file for --config. */
  configuration?: object;
  ports: k8s.ContainerPort[];
  readinessProbe?: k8s.Probe;
  livenessProbe?: k8s.Probe;
  /** The port that the API server calls. */
  ingress?: number;
  /** Destinations in addition to the API server. */
  egress?: Flow[];
}

/** Deployment, service account and network policy of one of the programs of cert-manager. */
export function certManagerWorkload(chart: Chart, input: CertManagerWorkload): void {
  const { name: workload, image, args = [], configuration, ports, readinessProbe, livenessProbe } = input;
  const folder = '/var/cert-manager/config';
  serviceAccount(chart, workload, space);
  const podAnnotations = configuration
    ? configMap(chart, workload, space, { 'config.yaml': stringify(configuration) })
    : undefined;
  controllerDeployment(chart, {
    name: workload,
    namespace: space,
    update: 'rolling',
    ...(podAnnotations ? { podAnnotations } : {}),
    pod: {
      container: {
        name: workload,
        image,
        args: configuration ? [`--config=${folder}/config.yaml`] : args,
        ports,
        ...(readinessProbe ? { readinessProbe } : {}),
        ...(livenessProbe ? { livenessProbe } : {}),
        resources: { cpu: '10m', memory: '48Mi', memoryLimit: '256Mi' },
        volumeMounts: configuration ? [{ name: 'config', mountPath: folder, readOnly: true }] : [],
      },
      volumes: configuration ? [{ name: 'config', configMap: { name: workload } }] : [],
    },
  });
  allow(chart, workload, space, {
    // From any address: the API server calls from the nodes, whose addresses are unknown here.
    ...(input.ingress === undefined ? {} : { ingress: [{ ports: [{ port: input.ingress }] }] }),
    egress: [toKubernetesApi, ...(input.egress ?? [])],
  });
}

/** Right to the Leases by which the pods of a program choose a leader. */
export function leases(chart: Chart, workload: string, names: string[]): void {
  role(chart, `${workload}-leader-election`, space, { serviceAccount: workload, namespace: space }, [
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: names,
      verbs: ['get', 'update', 'patch'],
    },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  ]);
}
