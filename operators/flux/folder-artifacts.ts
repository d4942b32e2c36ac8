import type { Chart } from 'cdk8s';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import { allow, pods, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { filesOf, programFiles, programFolder } from '../../charts/kube/program-files.ts';
import { role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { artifactPublisher as name } from '../../charts/order/artifact.ts';
import { platform } from '../../charts/order/flux-sync.ts';
import type { Environment } from '../../model/graph.ts';
import { read, space, storagePort } from './controller.ts';

const probes = 8081;

const files = [
  ...filesOf('operators/flux/program'),
  ...['follow', 'http-server', 'kubernetes', 'log', 'probes', 'stop-at-end'].map(
    (file) => `operators/receiver/program/${file}.ts`,
  ),
  'charts/order/artifact.ts',
];

/** Makes an artifact of the folder of each Kustomization, so that Flux reconciles only what a commit changes. */
export function folderArtifacts(chart: Chart, env: Environment): void {
  const program = programFiles(chart, { name, namespace: space, files });
  serviceAccount(chart, name, space);
  controllerDeployment(chart, {
    name,
    namespace: space,
    // The next pod has the artifacts before this one ends.
    update: 'rolling',
    podAnnotations: program.podAnnotations,
    pod: {
      priorityClassName: 'system-cluster-critical',
      container: {
        name,
        image: imageRef(env, 'node'),
        command: [
          'node',
          '--max-old-space-size=128',
          `${programFolder}/operators/flux/program/main.ts`,
          platform,
          `http://${name}.${space}.svc.cluster.local.`,
        ],
        env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
        ports: [
          { name: 'http', containerPort: storagePort },
          { name: 'probes', containerPort: probes },
        ],
        readinessProbe: httpProbe('probes', '/readyz', { period: 1, failures: 5 }),
        livenessProbe: httpProbe('probes', '/healthz'),
        resources: { cpu: '20m', memory: '64Mi', memoryLimit: '256Mi' },
        volumeMounts: [program.volumeMount],
      },
      volumes: [program.volume],
    },
  });
  service(chart, name, space, [{ name: 'http', port: 80 }]);
  allow(chart, name, space, {
    ingress: [{ peers: [pods('kustomize-controller', space)], ports: [{ port: storagePort }] }],
    egress: [
      toDns,
      toKubernetesApi,
      { peers: [pods('source-controller', space)], ports: [{ port: storagePort }] },
    ],
  });
  rights(chart);
}

/** Whoever writes artifacts decides what the cluster runs, as source-controller does. */
function rights(chart: Chart): void {
  const source = ['source.toolkit.fluxcd.io'];
  role(chart, name, space, { serviceAccount: name, namespace: space }, [
    { apiGroups: source, resources: ['gitrepositories'], resourceNames: [platform], verbs: read },
    { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: [...read, 'patch'] },
    {
      apiGroups: source,
      resources: ['externalartifacts'],
      verbs: [...read, 'create', 'patch', 'delete'],
    },
    { apiGroups: source, resources: ['externalartifacts/status'], verbs: ['patch'] },
  ]);
}
