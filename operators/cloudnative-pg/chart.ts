import { ApiObject, type Chart } from 'cdk8s';
import { boundAccount } from '../../charts/kube/admission-policy.ts';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { databasesLabel, postgresNamespace, postgresOperator } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';

const name = postgresOperator;
/** The operator looks up its Service by this name. */
const webhookService = 'cnpg-webhook-service';
const space = postgresNamespace;
const webhookPort = 9443;
const read = ['get', 'list', 'watch'];
const write = [...read, 'create', 'update', 'patch', 'delete'];
const api = 'postgresql.cnpg.io';

/** CloudNativePG: creates instances of PostgreSQL, and promotes a standby if the primary fails. */
export function chart(env: Environment): Component {
  return component('cloudnative-pg', (chart) => {
    namespace(chart, space, 'restricted');
    serviceAccount(chart, name, space);
    rights(chart);
    const [label = ''] = Object.keys(databasesLabel);
    boundAccount(chart, 'databases-alone', { serviceAccount: name, namespace: space }, label);
    operator(chart, imageRef(env, 'cloudnative-pg'));
    service(chart, name, space, [{ name: 'https', port: 443 }], webhookService);
    webhooks(chart);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, {
      ingress: [{ ports: [{ port: webhookPort }] }],
      egress: [
        toDns,
        toKubernetesApi,
        ...databasesOf(env).map(({ app }) => ({
          peers: [
            {
              ...everyPodOf(app),
              podSelector: { matchLabels: { 'cnpg.io/cluster': databaseCluster(app) } },
            },
          ],
          ports: [{ port: 8000 }],
        })),
      ],
    });
  });
}

function operator(chart: Chart, image: string): void {
  controllerDeployment(chart, {
    name,
    namespace: space,
    update: 'rolling',
    pod: {
      ownsVolumes: true,
      container: {
        name: 'manager',
        image,
        command: ['/manager'],
        args: [
          'controller',
          '--leader-elect',
          '--max-concurrent-reconciles=10',
          `--webhook-port=${webhookPort}`,
        ],
        env: [
          { name: 'OPERATOR_IMAGE_NAME', value: image },
          { name: 'OPERATOR_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        ],
        ports: [{ name: 'https', containerPort: webhookPort }],
        readinessProbe: httpProbe('https', '/readyz', { scheme: 'HTTPS', period: 2 }),
        livenessProbe: httpProbe('https', '/readyz', { scheme: 'HTTPS', failures: 6 }),
        resources: { cpu: '20m', memory: '96Mi', memoryLimit: '256Mi' },
        volumeMounts: [
          { name: 'scratch', mountPath: '/controller' },
          { name: 'webhook', mountPath: '/run/secrets/cnpg.io/webhook' },
        ],
      },
      volumes: [
        { name: 'scratch', emptyDir: {} },
        // The operator creates it at its start.
        { name: 'webhook', secret: { secretName: 'cnpg-webhook-cert', optional: true, defaultMode: 0o440 } },
      ],
    },
  });
}

/**
 * The rights of upstream's role, without those for volume snapshots and monitors of Prometheus
 * (upstream.test.ts). The policy `databases-alone` limits them to the namespaces of databases, because the
 * pods that it creates or enters have the rights of other accounts.
 */
function rights(chart: Chart): void {
  const main = [
    'backups',
    'clusters',
    'databaseroles',
    'databases',
    'poolers',
    'publications',
    'scheduledbackups',
  ];
  const watched = ['clusters', 'databaseroles', 'failoverquorums', 'poolers'];
  const written = ['backups', 'databases', 'publications', 'scheduledbackups', 'subscriptions'];
  const status = (kinds: readonly string[]): string[] => kinds.map((kind) => `${kind}/status`);
  clusterRole(chart, name, { serviceAccount: name, namespace: space }, [
    { apiGroups: [''], resources: ['configmaps', 'secrets', 'services'], verbs: write },
    {
      apiGroups: [''],
      resources: ['configmaps/status', 'secrets/status'],
      verbs: ['get', 'patch', 'update'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: read },
    {
      apiGroups: [''],
      resources: ['persistentvolumeclaims', 'pods', 'pods/exec'],
      verbs: [...read, 'create', 'delete', 'patch'],
    },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['get'] },
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: [...read, 'create', 'patch', 'update'] },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
      verbs: ['get', 'patch'],
    },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: write },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: [...read, 'create', 'delete', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...read, 'create', 'update'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
    { apiGroups: [api], resources: [...main, 'subscriptions'], verbs: write },
    { apiGroups: [api], resources: status(watched), verbs: ['get', 'patch', 'update', 'watch'] },
    { apiGroups: [api], resources: status(written), verbs: ['get', 'patch', 'update'] },
    { apiGroups: [api], resources: ['clusterimagecatalogs', 'imagecatalogs'], verbs: read },
    {
      apiGroups: [api],
      resources: ['clusters/finalizers', 'databaseroles/finalizers', 'poolers/finalizers'],
      verbs: ['update'],
    },
    { apiGroups: [api], resources: ['failoverquorums'], verbs: [...read, 'create', 'delete'] },
    // Rights of each cluster's own role: the operator can only grant rights that it has.
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['rolebindings', 'roles'],
      verbs: [...read, 'create', 'patch', 'update'],
    },
  ]);
}

/** The operator creates the certificate of its webhooks and writes the CA into these objects itself. */
function webhooks(chart: Chart): void {
  const kinds = {
    Mutating: ['backup', 'cluster', 'database', 'scheduledbackup'],
    Validating: ['backup', 'cluster', 'database', 'pooler', 'scheduledbackup'],
  } as const;
  for (const kind of ['Mutating', 'Validating'] as const) {
    const verb = kind === 'Mutating' ? 'mutate' : 'validate';
    new ApiObject(chart, `${verb}-webhook`, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name: `cnpg-${kind.toLowerCase()}-webhook-configuration` },
      webhooks: kinds[kind].map((resource) => ({
        name: `${verb.slice(0, 1)}${resource}.cnpg.io`,
        rules: [
          {
            apiGroups: [api],
            apiVersions: ['v1'],
            operations: ['CREATE', 'UPDATE'],
            resources: [`${resource}s`],
            scope: '*',
          },
        ],
        admissionReviewVersions: ['v1'],
        matchPolicy: 'Equivalent',
        timeoutSeconds: 10,
        failurePolicy: 'Fail',
        sideEffects: 'None',
        clientConfig: {
          service: {
            name: webhookService,
            namespace: space,
            path: `/${verb}-postgresql-cnpg-io-v1-${resource}`,
            port: 443,
          },
        },
      })),
    });
  }
}
