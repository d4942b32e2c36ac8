import { forgeReceiver, receiverName } from '../../model/forge.ts';
import type { Environment } from '../../model/graph.ts';
import { teamRegistry } from '../../model/schema/cluster/registry.ts';
import { accountsOperator } from '../../model/schema/database.ts';
import { accountsKeys } from '../kube/names.ts';
import { idOf } from '../kube/object-id.ts';
import { receiverSecret } from '../observability/alertmanager-config.ts';
import { defaultStorageNeed } from './needs.ts';
import { imagesNeed } from './pod-needs.ts';

/** Objects that every new cluster has. */
export const builtIn: ReadonlySet<string> = new Set([
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => idOf('Namespace', name)),
  ...['cluster-admin', 'admin', 'edit', 'view'].map((name) => idOf('ClusterRole', name)),
  // For an aggregated API server: the CAs of its callers.
  idOf('Role', 'extension-apiserver-authentication-reader', 'kube-system'),
  idOf('ConfigMap', 'extension-apiserver-authentication', 'kube-system'),
]);

/** Objects that Kubernetes creates in each namespace. */
const inEveryNamespace = /^(?:ServiceAccount [^/]+\/default|ConfigMap [^/]+\/kube-root-ca\.crt)$/;

/** Names reserved for Kubernetes. */
const systemNames = /^(?:ClusterRole system:|PriorityClass system-)/;

/** Whether something outside of all components provides a need. */
export function isPreExisting(env: Environment, need: string): boolean {
  if (builtIn.has(need) || inEveryNamespace.test(need) || systemNames.test(need)) return true;
  if (need.startsWith(imagesNeed(''))) return need !== imagesNeed(teamRegistry(env.cluster));
  // A cloud's default StorageClass is created with the nodes.
  if (need === defaultStorageNeed) return env.cluster.provider.kind === 'aws';
  // The Secret of the alert receivers is created by hand or with SOPS.
  const receivers = receiverSecret(env);
  if (receivers !== undefined && need === idOf('Secret', receivers.name, 'alertmanager')) return true;
  // So is that of the receiver of pushes.
  const ofReceiver = forgeReceiver(env.cluster);
  if (ofReceiver !== undefined && need === idOf('Secret', ofReceiver.settings.secret, receiverName))
    return true;
  // The Secret of sign-in is created by hand or with SOPS; a Job of Kratos creates Kratos' own keys.
  const { signIn } = env.cluster;
  const ofKratos = [
    ...(signIn === undefined ? [] : [accountsKeys]),
    ...(signIn?.secret === undefined ? [] : [signIn.secret]),
  ];
  return ofKratos.some((secret) => need === idOf('Secret', secret, accountsOperator));
}
