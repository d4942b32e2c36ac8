import type { Chart } from 'cdk8s';
import { component } from '../../charts/kube/component.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { bindClusterRole } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { controller, ownRights, read, space, storagePort } from './controller.ts';
import { folderArtifacts } from './folder-artifacts.ts';

/** Flux: fetches sources from Git and registries, applies them, waits for readiness, prunes removed objects. */
export function chart(env: Environment): Component {
  return component('flux', (chart) => {
    namespace(chart, space, 'restricted');
    sourceController(chart, imageRef(env, 'source-controller'));
    kustomizeController(chart, imageRef(env, 'kustomize-controller'));
    folderArtifacts(chart, env);
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
    // The default of Sigstore is the home folder, which is read-only.
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
  // Artifacts hold the content of Git and are served without authentication.
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
      // `deploy` and `init-cluster` ask for a Kustomization as soon as its dependencies are ready; otherwise it looks again after this time.
      '--requeue-dependency=5s',
      // A Kustomization that waits for its objects uses a worker, so there are more workers than
      // Kustomizations.
      '--concurrent=32',
      // All applied content is in Git; nothing is fetched during a build.
      '--no-remote-bases=true',
      '--no-cross-namespace-refs=true',
      // A commit that fixes an earlier one is applied at once, without waiting for the earlier one's
      // time-out. Kustomizations read artifacts of folders.
      '--feature-gates=CancelHealthCheckOnNewRevision=true,ExternalArtifact=true',
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
  // Git can have any object, such as ClusterRoles with any rights, and nobody can grant rights that he does
  // not have: the right to push includes every right.
  bindClusterRole(chart, `flux-${name}`, { serviceAccount: name, namespace: space }, 'cluster-admin');
}
