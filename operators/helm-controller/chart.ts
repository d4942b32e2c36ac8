import type { Chart } from 'cdk8s';
import { component } from '../../charts/kube/component.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { controller, ownRights, read } from '../flux/controller.ts';

const name = 'helm-controller';

/**
 * It has no rights outside of its own namespace: an operator with a Helm chart has a service account with the
 * needed rights (charts/helm/access.ts), which helm-controller may impersonate.
 */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    helmController(chart, imageRef(env, name));
    allowScrapes(chart, env, name);
  });
}

function helmController(chart: Chart, image: string): void {
  controller(chart, {
    name,
    image,
    args: [
      '--requeue-dependency=1s',
      '--concurrent=4',
      '--no-cross-namespace-refs=true',
      // Otherwise it would list all Secrets to find those that a release names.
      '--feature-gates=DisableConfigWatchers=true',
    ],
    update: 'rolling',
    // A running upgrade is finished first.
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
    // Before it uninstalls with an account, it checks that the account still exists.
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: read },
  ]);
}
