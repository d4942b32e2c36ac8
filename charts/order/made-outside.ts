import type { Environment } from '../../model/graph.ts';
import { teamRegistry } from '../../model/schema/cluster.ts';
import { registryTlsSecret } from '../kube/names.ts';
import { idOf } from '../kube/object-id.ts';
import { receiverSecret } from '../observability/alertmanager-config.ts';
import { defaultStorageNeed } from './needs.ts';
import { imagesNeed } from './pod-needs.ts';

/** Objects that are there in every cluster before anything is applied. */
export const builtIn: ReadonlySet<string> = new Set([
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => idOf('Namespace', name)),
  ...['cluster-admin', 'admin', 'edit', 'view'].map((name) => idOf('ClusterRole', name)),
  // Lets an API server behind the API server read whom to trust.
  idOf('Role', 'extension-apiserver-authentication-reader', 'kube-system'),
  idOf('ConfigMap', 'extension-apiserver-authentication', 'kube-system'),
]);

/** In every namespace: Kubernetes makes them when it makes the namespace. */
const inEveryNamespace = /^(?:ServiceAccount [^/]+\/default|ConfigMap [^/]+\/kube-root-ca\.crt)$/;

/** Names that Kubernetes keeps for its own. */
const systemNames = /^(?:ClusterRole system:|PriorityClass system-)/;

/** Whether something that an object needs is there although no component makes it. */
export function madeOutside(env: Environment, need: string): boolean {
  if (builtIn.has(need) || inEveryNamespace.test(need) || systemNames.test(need)) return true;
  if (need.startsWith(imagesNeed(''))) return need !== imagesNeed(teamRegistry(env.cluster));
  // The cloud's own storage comes with the nodes.
  if (need === defaultStorageNeed) return env.cluster.provider.kind === 'aws';
  // Addresses and passwords of those who are told of alerts come from outside the cluster, by hand or by SOPS.
  const receivers = receiverSecret(env);
  if (receivers !== undefined && need === idOf('Secret', receivers.name, 'alertmanager')) return true;
  // Its certificate is one that the nodes trust already: it comes from outside the cluster, by hand or by SOPS.
  return need === idOf('Secret', registryTlsSecret, 'registry');
}
