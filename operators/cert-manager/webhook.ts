import { ApiObject, type Chart } from 'cdk8s';
import { certManagerNamespace as space } from '../../charts/kube/names.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole, role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { certManagerWorkload, read } from './workload.ts';

/** Name of the webhook: of its image, its Service and its configurations. */
export const webhook = 'cert-manager-webhook';
const webhookPort = 10250;

/** The webhook that checks objects of cert-manager before the API server stores them. */
export function webhookServer(chart: Chart, image: string): void {
  const secret = `${webhook}-ca`;
  certManagerWorkload(chart, {
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
