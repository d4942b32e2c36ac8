import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import type { ExternalStore } from '../../model/schema/cluster/secrets.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { secretObjectName } from '../../model/schema/encrypted-secret.ts';
import type { Login } from '../../model/schema/external.ts';
import { openBaoAudience, remoteKey, secretsOperator, storeAccount } from '../../model/secret-stores.ts';
import { customResource, type FieldOf } from '../kube/custom-resource.ts';
import { namespaceOf } from '../kube/names.ts';
import { role } from '../kube/rbac.ts';
import { serviceAccount } from '../kube/service-account.ts';

/** Name of an app's SecretStore, one in its namespace. */
const storeName = 'external';

/**
 * The store of an app's secrets, and the rights of the pod that reads it for this app. That pod is in the operator's own namespace
 * and works in no other one than the app's.
 */
export function secretStore(chart: Chart, app: EnvironmentApp, store: ExternalStore): void {
  const space = namespaceOf(app);
  if (store.kind === 'openbao') serviceAccount(chart, storeAccount(app.name), space);
  const subject = { serviceAccount: app.name, namespace: secretsOperator };
  role(chart, secretsOperator, space, subject, rules(app, store));
  customResource(chart, 'secret-store', {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: storeName, namespace: space },
    spec: { provider: provider(app, store) },
  });
}

/** Copies a secret of the store into the Secret that pods read. */
export function externalSecret(
  chart: Chart,
  env: Environment,
  app: EnvironmentApp,
  given: { store: ExternalStore; use: Login },
): void {
  const { store, use } = given;
  const name = secretObjectName(use.name);
  const key = remoteKey(store, { environment: env.name, app: app.name, name: use.name });
  customResource(chart, `external-secret-${use.name}`, {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: namespaceOf(app) },
    spec: {
      refreshInterval: `${inSeconds(store.refresh)}s`,
      secretStoreRef: { kind: 'SecretStore', name: storeName },
      target: {
        name,
        creationPolicy: 'Owner',
        // A value that is gone from the store stays here, so that pods still start.
        deletionPolicy: 'Retain',
        ...(use.as === 'pull' ? { template: { type: 'kubernetes.io/dockerconfigjson' } } : {}),
      },
      data: use.keys.map((property) => ({ secretKey: property, remoteRef: { key, property } })),
    },
  });
}

function provider(app: EnvironmentApp, store: ExternalStore): FieldOf<'SecretStore', 'provider'> {
  // Without `auth` it uses the role of the pod that reads the store.
  if (store.kind === 'aws') return { aws: { service: 'SecretsManager', region: store.region } };
  return {
    vault: {
      server: store.server,
      path: store.mount,
      version: 'v2',
      ...(store.authority === undefined ? {} : { caBundle: Buffer.from(store.authority).toString('base64') }),
      auth: {
        kubernetes: {
          mountPath: store.login,
          role: store.role,
          serviceAccountRef: { name: storeAccount(app.name), audiences: [openBaoAudience] },
        },
      },
    },
  };
}

/**
 * The rights of upstream's chart in one namespace (templates/rbac.yaml), without its other kinds: it starts only if it may list
 * GeneratorStates too. `secrets` has no names, because a list, a watch and a creation have none.
 */
function rules(app: EnvironmentApp, store: ExternalStore): k8s.PolicyRule[] {
  const read = ['get', 'list', 'watch'];
  const group = 'external-secrets.io';
  return [
    { apiGroups: [group], resources: ['secretstores'], verbs: read },
    { apiGroups: [group], resources: ['externalsecrets'], verbs: [...read, 'patch'] },
    {
      apiGroups: [group],
      resources: ['secretstores/status', 'externalsecrets/status'],
      verbs: ['get', 'update', 'patch'],
    },
    { apiGroups: [`generators.${group}`], resources: ['generatorstates'], verbs: read },
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: [...read, 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    ...(store.kind === 'openbao'
      ? [
          { apiGroups: [''], resources: ['serviceaccounts'], verbs: read },
          {
            apiGroups: [''],
            resources: ['serviceaccounts/token'],
            resourceNames: [storeAccount(app.name)],
            verbs: ['create'],
          },
        ]
      : []),
  ];
}
