import { ApiObject, type Chart } from 'cdk8s';
import type { Environment, EnvironmentOperator } from '../../model/graph.ts';
import { extraName } from '../../model/schema/extra.ts';
import type { HelmChart } from '../../model/schema/helm-chart.ts';
import { component } from '../kube/component.ts';
import type { Component, KubeObject } from '../kube/kube-object.ts';
import { namespace } from '../kube/namespace.ts';
import { neverPruned } from '../kube/never-pruned.ts';
import { clusterRole, role } from '../kube/rbac.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { accessFor } from './access.ts';
import { chartNetwork } from './network.ts';
import { releaseAccount, releaseObject, releaseOf, sourceObject } from './release.ts';

const flux = 'flux-system';

/**
 * An operator that is a Helm chart: the release and where its chart is, the account that installs it, and what the chart leaves open:
 * a namespace with its level of Pod Security, in which only declared flows flow. `templated` is what the chart comes to.
 */
export function chartComponent(
  { cluster }: Pick<Environment, 'cluster'>,
  operator: EnvironmentOperator,
  helm: HelmChart,
  templated: readonly KubeObject[],
): Component {
  const release = releaseOf(operator, helm);
  const made = component(operator.name, (chart) => {
    namespace(chart, operator.namespace, helm.podSecurity);
    chartNetwork(chart, operator.namespace, helm, templated);
    account(chart, operator, templated);
    for (const object of [sourceObject(release, cluster.artifacts), releaseObject(release)])
      new ApiObject(chart, object.kind, object);
  });
  return { ...made, objects: made.objects.map(keepAccess), templated };
}

/** Objects of one's own beside a chart. None where there are none. */
export function extraComponent({ name, extraObjects }: EnvironmentOperator): Component | undefined {
  if (extraObjects.length === 0) return undefined;
  return { name: extraName(name), objects: [...extraObjects] };
}

/** helm-controller may do nothing by itself outside of its namespace: for each release it is an account with what that needs. */
function account(chart: Chart, operator: EnvironmentOperator, templated: readonly KubeObject[]): void {
  const name = releaseAccount(operator.name);
  const subject = { serviceAccount: name, namespace: flux };
  serviceAccount(chart, name, flux);
  role(chart, name, flux, { serviceAccount: 'helm-controller', namespace: flux }, [
    { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: [name], verbs: ['impersonate'] },
  ]);
  const { cluster, namespaces } = accessFor(operator.namespace, templated);
  if (cluster.length > 0) clusterRole(chart, name, subject, cluster);
  for (const [space, rules] of namespaces) role(chart, name, space, subject, rules);
}

/**
 * Who takes an operator out has its release uninstalled, which takes these: Flux would remove both at once, and helm-controller could
 * do nothing any more.
 */
function keepAccess(object: KubeObject): KubeObject {
  const isAccess =
    object.kind === 'ServiceAccount' || object.apiVersion.startsWith('rbac.authorization.k8s.io/');
  if (!isAccess) return object;
  const annotations = { ...object.metadata.annotations, ...neverPruned };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
