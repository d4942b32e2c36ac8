import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf } from '../../charts/kube/network-policy.ts';
import type { Resources } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { bindClusterRole, role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';

const space = 'flux-system';
const storagePort = 9090;
const read = ['get', 'list', 'watch'];

/** Flux: fetches what Git and registries hold, applies it, waits for it, removes what has gone. */
export function chart(env: Environment): Component {
  return component('flux', (chart) => {
    namespace(chart, space, 'restricted');
    sourceController(chart, imageRef(env, 'source-controller'));
    kustomizeController(chart, imageRef(env, 'kustomize-controller'));
    helmController(chart, imageRef(env, 'helm-controller'));
    denyAll(chart, space, ['Ingress']);
    allowScrapes(chart, env, 'flux');
  });
}

function sourceController(chart: Chart, image: string): void {
  const name = 'source-controller';
  controller(chart, {
    name,
    image,
    args: [
      '--requeue-dependency=1s',
      // A repository that does not answer yet is asked again soon: the default waits up to 15 minutes.
      '--max-retry-delay=15s',
      '--storage-path=/data',
      `--storage-addr=:${storagePort}`,
      `--storage-adv-addr=${name}.$(RUNTIME_NAMESPACE).svc.cluster.local.`,
    ],
    // Sigstore keeps its trust root in the home folder unless told otherwise.
    env: [{ name: 'TUF_ROOT', value: '/tmp/.sigstore' }],
    ports: [{ name: 'http', containerPort: storagePort }],
    // Only the leader serves artifacts: a second pod could not become ready beside the first.
    update: 'recreate',
    readiness: httpProbe('http', '/', { period: 2, failures: 5 }),
    stopSeconds: 10,
    folders: ['data'],
    resources: { cpu: '20m', memory: '64Mi', memoryLimit: '512Mi' },
  });
  service(chart, name, space, [{ name: 'http', port: 80 }]);
  // Artifacts hold everything that is in Git, and whoever asks gets them.
  allow(chart, name, space, { ingress: [{ peers: [everyPodOf(space)], ports: [{ port: storagePort }] }] });

  const kinds = ['buckets', 'gitrepositories', 'helmcharts', 'helmrepositories', 'ocirepositories'];
  const apiGroups = ['source.toolkit.fluxcd.io'];
  ownRights(chart, name, [
    { apiGroups, resources: kinds, verbs: [...read, 'update', 'patch'] },
    { apiGroups, resources: kinds.map((kind) => `${kind}/status`), verbs: ['get', 'update', 'patch'] },
    { apiGroups, resources: kinds.map((kind) => `${kind}/finalizers`), verbs: ['update', 'patch'] },
    // Credentials that sources name.
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  ]);
}

function kustomizeController(chart: Chart, image: string): void {
  const name = 'kustomize-controller';
  controller(chart, {
    name,
    image,
    args: [
      '--requeue-dependency=1s',
      // One that waits for its objects to become ready holds a worker: more workers than Kustomizations.
      '--concurrent=32',
      // What is applied stands in Git; nothing is fetched while it is.
      '--no-remote-bases=true',
      '--no-cross-namespace-refs=true',
      // A commit that mends a broken one is applied at once, not after the broken one's wait.
      '--feature-gates=CancelHealthCheckOnNewRevision=true',
    ],
    update: 'rolling',
    stopSeconds: 60,
    resources: {
      cpu: '50m',
      memory: '96Mi',
      memoryLimit: '768Mi',
      reason: 'It builds up to 32 Kustomizations at once, and holds all objects of each.',
    },
  });
  // What is in Git may be any object, ClusterRoles with any right among them, and nobody can grant what he does not have:
  // the right to push is the right to everything.
  bindClusterRole(chart, `flux-${name}`, { serviceAccount: name, namespace: space }, 'cluster-admin');
}

/**
 * It may do nothing outside of its own namespace: a chart that makes a HelmRelease brings a service account with what its
 * objects need, names it in the release, and lets helm-controller be that account (a role with `impersonate`).
 */
function helmController(chart: Chart, image: string): void {
  const name = 'helm-controller';
  controller(chart, {
    name,
    image,
    args: [
      '--requeue-dependency=1s',
      '--concurrent=4',
      '--no-cross-namespace-refs=true',
      // It would list all Secrets to see which of them a release names.
      '--feature-gates=DisableConfigWatchers=true',
    ],
    update: 'rolling',
    // An upgrade that is under way is finished first.
    stopSeconds: 600,
    resources: {
      cpu: '10m',
      memory: '64Mi',
      memoryLimit: '768Mi',
      reason: 'It renders up to four Helm charts at once, with all their CustomResourceDefinitions.',
    },
  });
  const apiGroups = ['helm.toolkit.fluxcd.io'];
  const sources = ['source.toolkit.fluxcd.io'];
  ownRights(chart, name, [
    { apiGroups, resources: ['helmreleases'], verbs: [...read, 'update', 'patch'] },
    { apiGroups, resources: ['helmreleases/status'], verbs: ['get', 'update', 'patch'] },
    { apiGroups, resources: ['helmreleases/finalizers'], verbs: ['update', 'patch'] },
    {
      apiGroups: sources,
      resources: ['helmcharts'],
      verbs: [...read, 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: sources, resources: ['ocirepositories'], verbs: read },
  ]);
}

/** In Flux' own namespace, where all that it reads stands; and the lease of the one that works. */
function ownRights(chart: Chart, name: string, rules: k8s.PolicyRule[]): void {
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

interface ControllerInput {
  name: string;
  image: string;
  args: string[];
  env?: k8s.EnvVar[];
  ports?: k8s.ContainerPort[];
  update: 'rolling' | 'recreate';
  readiness?: k8s.Probe;
  stopSeconds: number;
  /** Scratch folders below the root, beside /tmp. */
  folders?: string[];
  resources: Resources;
}

function controller(chart: Chart, input: ControllerInput): void {
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
  // Whoever could write a Kustomization elsewhere would have Flux's rights.
  '--watch-all-namespaces=false',
  '--log-level=info',
  '--log-encoding=json',
  '--enable-leader-election',
  // A node that lost power leaves its lease behind: the next pod waits this long.
  '--leader-election-lease-duration=15s',
  '--leader-election-renew-deadline=10s',
  '--leader-election-retry-period=2s',
];

const commonEnv: k8s.EnvVar[] = [
  { name: 'RUNTIME_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  goMemoryLimit('manager'),
];
