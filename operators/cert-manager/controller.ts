import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { acmeOf, toAcme } from '../../charts/gateway/acme.ts';
import { imageRef } from '../../charts/kube/image.ts';
import { certManagerNamespace as space } from '../../charts/kube/names.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole } from '../../charts/kube/rbac.ts';
import type { Environment } from '../../model/graph.ts';
import { certManagerWorkload, lease, leases, read } from './workload.ts';

const name = 'cert-manager';
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

/** The controllers of issuers and certificates, with those of ACME where the gateway uses it. */
export function controller(chart: Chart, env: Environment): void {
  const acme = acmeOf(env);
  certManagerWorkload(chart, {
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
