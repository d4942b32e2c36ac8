import { onceEach } from '../../model/once-each.ts';
import { builtInGroups } from '../kube/built-in-groups.ts';
import { field, listField, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { annotations, certificatePolicy, routesLabel, routesPolicy, trustNamespace } from '../kube/names.ts';
import { idOf, kindOf } from '../kube/object-id.ts';
import { podNeeds } from './pod-needs.ts';

/** The need for the CustomResourceDefinition of a kind that is not built into Kubernetes. */
export function kindNeed(kind: string): string {
  return `kind ${kind}`;
}

/** The need for a default StorageClass, of a claim without a class. */
export const defaultStorageNeed = 'default StorageClass';

/** The ids of everything that an object needs before it can be applied or become ready. */
export const needs: (object: KubeObject) => string[] = onceEach((object) => {
  const { namespace } = object.metadata;
  return [
    ...(namespace === undefined ? [] : [idOf('Namespace', namespace)]),
    ...(builtInGroups.has(groupOf(object)) ? [] : [kindNeed(kindOf(object))]),
    ...podNeeds(object),
    ...storageNeeds(object),
    ...roleNeeds(object),
    ...gatewayNeeds(object),
    ...routesNeeds(object),
    ...certificateNeeds(object),
    ...databaseNeeds(object),
    ...storeNeeds(object),
    ...(object.metadata.annotations?.[annotations.after]?.split(', ') ?? []),
  ];
});

function groupOf(object: KubeObject): string {
  const slash = object.apiVersion.indexOf('/');
  return slash === -1 ? '' : object.apiVersion.slice(0, slash);
}

function storageNeeds(object: KubeObject): string[] {
  const claims =
    object.kind === 'PersistentVolumeClaim'
      ? [object]
      : object.kind === 'StatefulSet'
        ? listField(object, 'spec', 'volumeClaimTemplates')
        : [];
  return claims.flatMap((claim) => {
    const name = textField(claim, 'spec', 'storageClassName');
    if (name === undefined) return [defaultStorageNeed];
    // The empty name means a volume that a person created.
    return name === '' ? [] : [idOf('StorageClass', name)];
  });
}

function roleNeeds(object: KubeObject): string[] {
  if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') return [];
  const kind = textField(object, 'roleRef', 'kind');
  const name = textField(object, 'roleRef', 'name');
  if (kind === undefined || name === undefined) return [];
  return [idOf(kind, name, kind === 'Role' ? object.metadata.namespace : undefined)];
}

/** Needs of the Gateway API: a Gateway's class and certificates, a route's parents, backends and Middlewares. */
function gatewayNeeds(object: KubeObject): string[] {
  if (groupOf(object) !== 'gateway.networking.k8s.io') return [];
  const own = object.metadata.namespace ?? 'default';
  const reference = (to: unknown, kind: string): string[] => {
    const name = textField(to, 'name');
    // Traefik has built-in services, such as ping@internal.
    if (name === undefined || name.includes('@')) return [];
    return [idOf(textField(to, 'kind') ?? kind, name, textField(to, 'namespace') ?? own)];
  };
  const gatewayClass = object.kind === 'Gateway' ? textField(object, 'spec', 'gatewayClassName') : undefined;
  return [
    ...(gatewayClass === undefined ? [] : [idOf('GatewayClass', gatewayClass)]),
    ...listField(object, 'spec', 'listeners').flatMap((listener) =>
      listField(listener, 'tls', 'certificateRefs').flatMap((secret) => reference(secret, 'Secret')),
    ),
    ...listField(object, 'spec', 'parentRefs').flatMap((parent) => reference(parent, 'Gateway')),
    ...listField(object, 'spec', 'rules').flatMap((rule) =>
      listField(rule, 'backendRefs').flatMap((backend) => reference(backend, 'Service')),
    ),
    ...listField(object, 'spec', 'rules').flatMap((rule) =>
      listField(rule, 'filters').flatMap((filter) => reference(field(filter, 'extensionRef'), 'Middleware')),
    ),
  ];
}

/** Needs of a namespace with routes: the admission policy and its table come before the label. */
function routesNeeds(object: KubeObject): string[] {
  const labelled = Object.keys(routesLabel).some((label) => object.metadata.labels?.[label] !== undefined);
  if (object.kind !== 'Namespace' || !labelled) return [];
  return [idOf('ValidatingAdmissionPolicyBinding', routesPolicy)];
}

/** Needs of cert-manager and trust-manager: issuers, and the sources of a Bundle. */
function certificateNeeds(object: KubeObject): string[] {
  const name = textField(object, 'spec', 'issuerRef', 'name');
  switch (kindOf(object)) {
    case 'Certificate.cert-manager.io': {
      if (name === undefined) return [];
      const kind = textField(object, 'spec', 'issuerRef', 'kind') ?? 'Issuer';
      if (kind === 'Issuer') return [idOf(kind, name, object.metadata.namespace)];
      // Before the policy exists, anyone could get any certificate.
      return [idOf(kind, name), idOf('ValidatingAdmissionPolicyBinding', certificatePolicy)];
    }
    case 'Bundle.trust.cert-manager.io':
      return listField(object, 'spec', 'sources').flatMap((source) => {
        const from = textField(source, 'configMap', 'name');
        return from === undefined ? [] : [idOf('ConfigMap', from, trustNamespace)];
      });
    default:
      return [];
  }
}

/** Needs of CloudNativePG: a cluster's certificates and its trusted roots. */
function databaseNeeds(object: KubeObject): string[] {
  if (kindOf(object) !== 'Cluster.postgresql.cnpg.io') return [];
  const secrets = Object.values(field(object, 'spec', 'certificates') ?? {});
  const storage = textField(object, 'spec', 'storage', 'storageClass');
  return [
    ...secrets.map((name) => idOf('Secret', String(name), object.metadata.namespace)),
    storage === undefined ? defaultStorageNeed : idOf('StorageClass', storage),
  ];
}

/** Needs of external-secrets: the store of a secret, and the account by which the store is read. */
function storeNeeds(object: KubeObject): string[] {
  const { namespace } = object.metadata;
  const store = textField(object, 'spec', 'secretStoreRef', 'name');
  const login = field(object, 'spec', 'provider', 'vault', 'auth', 'kubernetes');
  const account = textField(login, 'serviceAccountRef', 'name');
  switch (kindOf(object)) {
    case 'ExternalSecret.external-secrets.io':
      return store === undefined ? [] : [idOf('SecretStore', store, namespace)];
    case 'SecretStore.external-secrets.io':
      return account === undefined ? [] : [idOf('ServiceAccount', account, namespace)];
    default:
      return [];
  }
}
