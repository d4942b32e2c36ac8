import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import type { Resources } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { role } from '../../charts/kube/rbac.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';

/** The namespace of all controllers of Flux. */
export const space = 'flux-system';

/** Port of the artifacts. */
export const storagePort = 9090;

export const read = ['get', 'list', 'watch'];

/** Rights in the namespace of Flux, with all its sources, and for the lease of leader election. */
export function ownRights(chart: Chart, name: string, rules: k8s.PolicyRule[]): void {
  role(chart, name, space, { serviceAccount: name, namespace: space }, [
    ...rules,
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: [`${name}-leader-election`],
      verbs: ['get', 'update', 'patch'],
    },
  ]);
}

/** Differences between the controllers of Flux. */
export interface ControllerInput {
  name: string;
  image: string;
  args: string[];
  env?: k8s.EnvVar[];
  ports?: k8s.ContainerPort[];
  update: 'rolling' | 'recreate';
  readiness?: k8s.Probe;
  stopSeconds: number;
  /** Writable folders in addition to /tmp. */
  folders?: string[];
  resources: Resources;
}

/** A controller of Flux: one pod with its own account, which reads its own namespace. */
export function controller(chart: Chart, input: ControllerInput): void {
  const { name, image, args, env = [], ports = [], update, stopSeconds, resources } = input;
  const folders = ['tmp', ...(input.folders ?? [])];
  serviceAccount(chart, name, space);
  controllerDeployment(chart, {
    name,
    namespace: space,
    update,
    pod: {
      priorityClassName: 'system-cluster-critical',
      terminationGracePeriodSeconds: stopSeconds,
      ownsVolumes: true,
      container: {
        name: 'manager',
        image,
        args: [...commonArgs, ...args],
        env: [...commonEnv, ...env],
        ports: [
          ...ports,
          { name: 'http-prom', containerPort: 8080 },
          { name: 'healthz', containerPort: 9440 },
        ],
        readinessProbe: input.readiness ?? httpProbe('healthz', '/readyz', { period: 2, failures: 5 }),
        livenessProbe: httpProbe('healthz', '/healthz'),
        resources,
        volumeMounts: folders.map((folder) => ({ name: folder, mountPath: `/${folder}` })),
      },
      volumes: folders.map((folder) => ({ name: folder, emptyDir: {} })),
    },
  });
}

const commonArgs = [
  // There is no notification controller to send events to.
  '--events-addr=',
  // Otherwise a Kustomization in any namespace would have the rights of Flux.
  '--watch-all-namespaces=false',
  '--log-level=info',
  '--log-encoding=json',
  '--enable-leader-election',
  // A node that lost power keeps its lease: the next pod waits this long.
  '--leader-election-lease-duration=15s',
  '--leader-election-renew-deadline=10s',
  '--leader-election-retry-period=2s',
];

const commonEnv: k8s.EnvVar[] = [
  { name: 'RUNTIME_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  goMemoryLimit('manager'),
];
