import { ApiObject, type Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { stringify } from 'yaml';
import { acmeOf, toAcme } from '../../charts/gateway/acme.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { certManagerNamespace } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, type Flow, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole, role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';

const name = 'cert-manager';
const space = certManagerNamespace;
const webhook = `${name}-webhook`;
const cainjector = `${name}-cainjector`;
const webhookPort = 10250;
const read = ['get', 'list', 'watch'];
const groups = ['cert-manager.io'];

/** Controllers for issuers in the cluster: none for Vault, Venafi and Ingresses. */
const controllers = [
  'issuers',
  'clusterissuers',
  'certificaterequests-approver',
  'certificaterequests-issuer-ca',
  'certificaterequests-issuer-selfsigned',
  'certificates-issuing',
  'certificates-key-manager',
  'certificates-metrics',
  'certificates-readiness',
  'certificates-request-manager',
  'certificates-revision-manager',
  'certificates-trigger',
];

/** Controllers for certificates of an ACME server. */
const acmeControllers = ['certificaterequests-issuer-acme', 'challenges', 'orders'];

/** Webhook configurations into which the injector writes a CA. */
const injected = [webhook, 'trust-manager'];

/** Lease of the leader. After a power loss of its node another pod takes over in 15 s. */
const lease = { leaseDuration: '15s', renewDeadline: '10s', retryPeriod: '2s' };

/** cert-manager: controllers, webhook, and the injector that writes CAs into webhook configurations. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    controller(chart, env);
    webhookServer(chart, imageRef(env, webhook));
    injector(chart, imageRef(env, cainjector));
    denyAll(chart, space, ['Ingress', 'Egress']);
    allowScrapes(chart, env, name);
  });
}

function controller(chart: Chart, env: Environment): void {
  const acme = acmeOf(env);
  run(chart, {
    name,
    image: imageRef(env, 'cert-manager-controller'),
    args: [
      `--cluster-resource-namespace=${space}`,
      `--leader-election-namespace=${space}`,
      `--leader-election-lease-duration=${lease.leaseDuration}`,
      `--leader-election-renew-deadline=${lease.renewDeadline}`,
      `--leader-election-retry-period=${lease.retryPeriod}`,
      // The defaults, 20 and 50, issue about fifty certificates a minute; a first start waits for all certificates.
      '--kube-api-qps=60',
      '--kube-api-burst=120',
      `--controllers=${[...controllers, ...(acme ? acmeControllers : [])].join(',')}`,
      ...(acme
        ? [
            '--enable-gateway-api=true',
            `--acme-http01-solver-image=${imageRef(env, 'cert-manager-acmesolver')}`,
          ]
        : []),
      // Deletes the Secret with its Certificate.
      '--enable-certificate-owner-ref=true',
    ],
    ports: [{ name: 'healthz', containerPort: 9403 }],
    readinessProbe: httpProbe('healthz', '/livez', { period: 2 }),
    livenessProbe: httpProbe('healthz', '/livez'),
    ...(acme ? { egress: toAcme(acme) } : {}),
  });
  const subject = { serviceAccount: name, namespace: space };
  clusterRole(chart, name, subject, [
    { apiGroups: groups, resources: ['issuers', 'clusterissuers', 'certificates'], verbs: read },
    {
      apiGroups: groups,
      resources: ['certificaterequests'],
      verbs: [...read, 'create', 'update', 'patch', 'delete'],
    },
    ...statusAndFinalizers(groups, ['issuers', 'clusterissuers', 'certificates', 'certificaterequests']),
    { apiGroups: groups, resources: ['certificates'], verbs: ['update', 'patch'] },
    // Approval of requests for issuers of cert-manager's own kinds.
    {
      apiGroups: groups,
      resources: ['signers'],
      resourceNames: ['issuers.cert-manager.io/*', 'clusterissuers.cert-manager.io/*'],
      verbs: ['approve'],
    },
    // Keys and certificates, in the namespace of each Certificate.
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: [...read, 'create', 'update', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    ...(acme ? acmeRules : []),
  ]);
  leases(chart, name, ['cert-manager-controller']);
}

/**
 * Read rights in all namespaces; cert-manager creates the objects of a challenge only in the gateway's
 * namespace (charts/gateway/acme.ts).
 */
const acmeRules = [
  {
    apiGroups: ['acme.cert-manager.io'],
    resources: ['orders', 'challenges'],
    verbs: [...read, 'create', 'update', 'patch', 'delete'],
  },
  ...statusAndFinalizers(['acme.cert-manager.io'], ['orders', 'challenges']),
  { apiGroups: [''], resources: ['pods', 'services'], verbs: read },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: read },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: read },
];

function statusAndFinalizers(apiGroups: string[], kinds: readonly string[]): k8s.PolicyRule[] {
  return [
    { apiGroups, resources: kinds.map((kind) => `${kind}/status`), verbs: ['update', 'patch'] },
    { apiGroups, resources: kinds.map((kind) => `${kind}/finalizers`), verbs: ['update'] },
  ];
}

function webhookServer(chart: Chart, image: string): void {
  const secret = `${webhook}-ca`;
  run(chart, {
    name: webhook,
    image,
    configuration: {
      apiVersion: 'webhook.config.cert-manager.io/v1alpha1',
      kind: 'WebhookConfiguration',
      securePort: webhookPort,
      healthzPort: 6080,
      // The webhook creates its own CA and signs its certificate with it.
      tlsConfig: {
        dynamic: {
          secretNamespace: space,
          secretName: secret,
          dnsNames: [webhook, `${webhook}.${space}`, `${webhook}.${space}.svc`],
        },
      },
      metricsListenAddress: '0',
    },
    ports: [
      { name: 'https', containerPort: webhookPort },
      { name: 'healthz', containerPort: 6080 },
    ],
    readinessProbe: httpProbe('healthz', '/healthz', { period: 2 }),
    livenessProbe: httpProbe('healthz', '/livez'),
    ingress: webhookPort,
  });
  service(chart, webhook, space, [{ name: 'https', port: 443 }]);
  const subject = { serviceAccount: webhook, namespace: space };
  role(chart, webhook, space, subject, [
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [secret],
      verbs: [...read, 'update'],
    },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  ]);
  // Lets the webhook check whether the approver of a request has the right to approve.
  clusterRole(chart, webhook, subject, [
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]);
  webhookConfiguration(chart, 'Validating', secret, {
    apiGroups: ['cert-manager.io', 'acme.cert-manager.io'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['*/*'],
  });
  webhookConfiguration(chart, 'Mutating', secret, {
    apiGroups: ['cert-manager.io'],
    operations: ['CREATE'],
    resources: ['certificaterequests'],
  });
}

function webhookConfiguration(
  chart: Chart,
  kind: 'Validating' | 'Mutating',
  secret: string,
  rule: { apiGroups: string[]; operations: string[]; resources: string[] },
): void {
  const path = kind === 'Validating' ? '/validate' : '/mutate';
  new ApiObject(chart, `${kind.toLowerCase()}-webhook`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: {
      name: webhook,
      annotations: { 'cert-manager.io/inject-ca-from-secret': `${space}/${secret}` },
    },
    webhooks: [
      {
        name: 'webhook.cert-manager.io',
        rules: [{ ...rule, apiVersions: ['v1'], scope: '*' }],
        admissionReviewVersions: ['v1'],
        matchPolicy: 'Equivalent',
        timeoutSeconds: 10,
        failurePolicy: 'Fail',
        sideEffects: 'None',
        clientConfig: { service: { name: webhook, namespace: space, path, port: 443 } },
      },
    ],
  });
}

function injector(chart: Chart, image: string): void {
  run(chart, {
    name: cainjector,
    image,
    configuration: {
      apiVersion: 'cainjector.config.cert-manager.io/v1alpha1',
      kind: 'CAInjectorConfiguration',
      leaderElectionConfig: { enabled: true, namespace: space, ...lease },
      enableDataSourceConfig: { certificates: false },
      enableInjectableConfig: {
        validatingWebhookConfigurations: true,
        mutatingWebhookConfigurations: true,
        customResourceDefinitions: false,
        apiServices: false,
      },
      metricsListenAddress: '0',
    },
    ports: [],
  });
  clusterRole(chart, cainjector, { serviceAccount: cainjector, namespace: space }, [
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
      verbs: read,
    },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
      resourceNames: injected,
      verbs: ['update', 'patch'],
    },
    // Secrets of webhook certificates, in the namespaces that annotations name.
    { apiGroups: [''], resources: ['secrets'], verbs: read },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  ]);
  leases(chart, cainjector, ['cert-manager-cainjector-leader-election']);
}

interface RunInput {
  name: string;
  image: string;
  args?: string[];
  /** The content of the file for --config. */
  configuration?: object;
  ports: k8s.ContainerPort[];
  readinessProbe?: k8s.Probe;
  livenessProbe?: k8s.Probe;
  /** The port that the API server calls. */
  ingress?: number;
  /** Destinations in addition to the API server. */
  egress?: Flow[];
}

function run(chart: Chart, input: RunInput): void {
  const { name: workload, image, args = [], configuration, ports, readinessProbe, livenessProbe } = input;
  const folder = '/var/cert-manager/config';
  serviceAccount(chart, workload, space);
  const podAnnotations = configuration
    ? configMap(chart, workload, space, { 'config.yaml': stringify(configuration) })
    : undefined;
  controllerDeployment(chart, {
    name: workload,
    namespace: space,
    update: 'rolling',
    ...(podAnnotations ? { podAnnotations } : {}),
    pod: {
      container: {
        name: workload,
        image,
        args: configuration ? [`--config=${folder}/config.yaml`] : args,
        ports,
        ...(readinessProbe ? { readinessProbe } : {}),
        ...(livenessProbe ? { livenessProbe } : {}),
        resources: { cpu: '10m', memory: '48Mi', memoryLimit: '256Mi' },
        volumeMounts: configuration ? [{ name: 'config', mountPath: folder, readOnly: true }] : [],
      },
      volumes: configuration ? [{ name: 'config', configMap: { name: workload } }] : [],
    },
  });
  allow(chart, workload, space, {
    // From any address: the API server calls from the nodes, whose addresses are unknown here.
    ...(input.ingress === undefined ? {} : { ingress: [{ ports: [{ port: input.ingress }] }] }),
    egress: [toKubernetesApi, ...(input.egress ?? [])],
  });
}

function leases(chart: Chart, workload: string, names: string[]): void {
  role(chart, `${workload}-leader-election`, space, { serviceAccount: workload, namespace: space }, [
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: names,
      verbs: ['get', 'update', 'patch'],
    },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  ]);
}
