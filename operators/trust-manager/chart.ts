import { ApiObject, type Chart } from 'cdk8s';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { customResource } from '../../charts/kube/custom-resource.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations, peersName, trustNamespace } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole, role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';

const name = 'trust-manager';
const space = trustNamespace;
const tlsSecret = `${name}-tls`;
const webhookPort = 6443;
const read = ['get', 'list', 'watch'];

/** trust-manager: copies CA certificates from ConfigMaps of one namespace to the namespaces of a Bundle. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    serviceAccount(chart, name, space);
    rights(chart, env);
    controller(chart, imageRef(env, name));
    service(chart, name, space, [{ name: 'webhook', port: 443 }]);
    certificate(chart);
    webhook(chart);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, { ingress: [{ ports: [{ port: webhookPort }] }], egress: [toKubernetesApi] });
  });
}

function controller(chart: Chart, image: string): void {
  controllerDeployment(chart, {
    name,
    namespace: space,
    update: 'rolling',
    annotations: { [annotations.reload]: 'files' },
    pod: {
      ownsVolumes: true,
      container: {
        name,
        image,
        args: [
          '--log-format=json',
          '--log-level=1',
          '--metrics-port=9402',
          '--readiness-probe-port=6060',
          '--readiness-probe-path=/readyz',
          '--leader-elect=true',
          '--leader-election-lease-duration=15s',
          '--leader-election-renew-deadline=10s',
          `--trust-namespace=${space}`,
          '--webhook-host=0.0.0.0',
          `--webhook-port=${webhookPort}`,
          '--webhook-certificate-dir=/tls',
          // Postgres reads the CA certificates of its peers from a Secret.
          '--secret-targets-enabled=true',
          '--filter-expired-certificates=true',
        ],
        ports: [
          { name: 'webhook', containerPort: webhookPort },
          { name: 'healthz', containerPort: 6060 },
        ],
        readinessProbe: httpProbe('healthz', '/readyz', { period: 2 }),
        resources: { cpu: '10m', memory: '48Mi', memoryLimit: '256Mi' },
        volumeMounts: [{ name: 'tls', mountPath: '/tls', readOnly: true }],
      },
      volumes: [{ name: 'tls', secret: { secretName: tlsSecret, defaultMode: 0o440 } }],
    },
  });
}

function rights(chart: Chart, env: Environment): void {
  const subject = { serviceAccount: name, namespace: space };
  const group = ['trust.cert-manager.io'];
  const secrets = authorities(env)
    .filter(({ kind }) => kind === 'database')
    .map((authority) => peersName(authority.name));
  clusterRole(chart, name, subject, [
    { apiGroups: group, resources: ['bundles'], verbs: read },
    { apiGroups: group, resources: ['bundles/finalizers'], verbs: ['update'] },
    { apiGroups: group, resources: ['bundles/status'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: read },
    { apiGroups: [''], resources: ['configmaps'], verbs: [...read, 'create', 'patch', 'delete'] },
    // It watches metadata of all Secrets, and writes, by name, those with CA certificates.
    { apiGroups: [''], resources: ['secrets'], verbs: read },
    ...(secrets.length === 0
      ? []
      : [
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: secrets,
            verbs: ['create', 'patch', 'delete'],
          },
        ]),
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  ]);
  role(chart, `${name}-leader-election`, space, subject, [
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get', 'list', 'watch', 'create', 'update'],
    },
  ]);
}

/** Certificate of its webhook. Only the API server trusts it, by the CA that the injector writes. */
function certificate(chart: Chart): void {
  const host = `${name}.${space}.svc`;
  customResource(chart, 'issuer', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { name, namespace: space },
    spec: { selfSigned: {} },
  });
  customResource(chart, 'certificate', {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace: space },
    spec: {
      commonName: host,
      dnsNames: [host],
      secretName: tlsSecret,
      // The injector requires the annotation.
      secretTemplate: { annotations: { 'cert-manager.io/allow-direct-injection': 'true' } },
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      revisionHistoryLimit: 1,
      issuerRef: { group: 'cert-manager.io', kind: 'Issuer', name },
    },
  });
}

function webhook(chart: Chart): void {
  new ApiObject(chart, 'webhook', {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name, annotations: { 'cert-manager.io/inject-ca-from-secret': `${space}/${tlsSecret}` } },
    webhooks: [
      {
        name: 'trust.cert-manager.io',
        rules: [
          {
            apiGroups: ['trust.cert-manager.io'],
            apiVersions: ['v1alpha1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['bundles'],
            scope: '*',
          },
        ],
        admissionReviewVersions: ['v1'],
        matchPolicy: 'Equivalent',
        timeoutSeconds: 5,
        failurePolicy: 'Fail',
        sideEffects: 'None',
        clientConfig: {
          service: {
            name,
            namespace: space,
            path: '/validate-trust-cert-manager-io-v1alpha1-bundle',
            port: 443,
          },
        },
      },
    ],
  });
}
