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
 * The component of an operator with a Helm chart: the release and its source, the account that installs it, a
 * namespace with a Pod Security level, and network policies for declared flows. `templated` has the rendered
 * objects of the chart.
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

/** The further objects beside a chart; undefined if there are none. */
export function extraComponent({ name, extraObjects }: EnvironmentOperator): Component | undefined {
  if (extraObjects.length === 0) return undefined;
  return { name: extraName(name), objects: [...extraObjects] };
}

/**
 * The service account with which helm-controller installs a release, because helm-controller itself has no
 * rights outside of its namespace.
 */
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
 * Flux removes the release and its account at once; without these rights helm-controller could not uninstall
 * the release.
 */
function keepAccess(object: KubeObject): KubeObject {
  const isAccess =
    object.kind === 'ServiceAccount' || object.apiVersion.startsWith('rbac.authorization.k8s.io/');
  if (!isAccess) return object;
  const annotations = { ...object.metadata.annotations, ...neverPruned };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
