import type { Chart } from 'cdk8s';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { tcpProbe } from '../../charts/kube/probe.ts';
import { role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'git-server';
const space = 'git-server';
const port = 8080;
/** User of images/files/git-server. */
const gitUser = 10001;

/**
 * The Git repository that Flux reads, if it is in the cluster. It serves reads only; a push uses exec through
 * the API server, so that a kubeconfig is the only credential. Undefined if the source is elsewhere.
 */
export function chart(env: Environment): Component | undefined {
  const { source } = env.cluster;
  if (source.kind !== 'in-cluster') return undefined;
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    serviceAccount(chart, name, space);
    mayAskForReconciliation(chart);
    volumeClaim(chart, name, space, source.storage);
    controllerDeployment(chart, {
      name,
      namespace: space,
      update: 'recreate',
      pod: {
        user: gitUser,
        ownsVolumes: true,
        container: {
          name,
          image: imageRef(env, name),
          ports: [{ name: 'http', containerPort: port }],
          readinessProbe: tcpProbe('http', { period: 2 }),
          livenessProbe: tcpProbe('http'),
          resources: { cpu: '10m', memory: '32Mi', memoryLimit: '256Mi' },
          volumeMounts: [
            { name: 'data', mountPath: '/srv/git' },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          { name: 'tmp', emptyDir: {} },
        ],
      },
    });
    service(chart, name, space, [{ name: 'http', port: 80 }]);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, {
      ingress: [{ peers: [everyPodOf('flux-system')], ports: [{ port }] }],
      egress: [toKubernetesApi],
    });
  });
}

/** Rights of the hook that makes Flux reconcile after a push: it may only annotate the GitRepository. */
function mayAskForReconciliation(chart: Chart): void {
  role(chart, name, 'flux-system', { serviceAccount: name, namespace: space }, [
    {
      apiGroups: ['source.toolkit.fluxcd.io'],
      resources: ['gitrepositories'],
      resourceNames: ['platform'],
      verbs: ['get', 'patch'],
    },
  ]);
}
