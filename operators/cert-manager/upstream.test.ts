import { expect, it } from 'vitest';
import {
  type Comparison,
  compareWithUpstream,
  type UpstreamDifference,
} from '../../test/upstream/compare.ts';

const chart = 'deploy/charts/cert-manager/templates';

function comparisonOf(
  deployment: string,
  upstream: { account: string; files: readonly string[]; template: string },
  differences: readonly UpstreamDifference[],
): Comparison {
  return {
    component: 'cert-manager',
    ours: { workload: deployment, namespaces: ['cert-manager'] },
    upstream: {
      binary: 'cert-manager',
      account: upstream.account,
      namespaces: ['cert-manager.namespace'],
      files: upstream.files.map((name) => `${chart}/${name}.yaml`),
      chart: { helpers: `${chart}/_helpers.tpl`, deployment: `${chart}/${upstream.template}.yaml` },
    },
    // The webhooks are those of one of the three.
    ...(deployment === 'cert-manager-webhook' ? {} : { without: ['webhook'] }),
    differences: [
      ...differences,
      {
        reason: 'Values of the chart that are not set here: the default log level and no feature gates.',
        upstream: ['argument --feature-gates', 'argument --v'],
      },
    ],
  };
}

const group = (suffix: string, ...kinds: string[]): string =>
  kinds.map((kind) => `${kind}.${suffix}`).join(' ');

it("gives the controller the rights and flags of upstream's chart, except for the listed differences", async () => {
  const { found, written } = await compareWithUpstream(
    comparisonOf(
      'cert-manager',
      { account: 'cert-manager.serviceAccountName', files: ['rbac'], template: 'deployment' },
      [
        {
          reason: 'Leader election stays in its own namespace; upstream uses kube-system.',
          upstream: [
            'Values.global.leaderElection.namespace leases.coordination.k8s.io: create',
            'Values.global.leaderElection.namespace leases.coordination.k8s.io[cert-manager-controller]: get patch update',
          ],
          ours: [
            'own leases.coordination.k8s.io: create',
            'own leases.coordination.k8s.io[cert-manager-controller]: get patch update',
          ],
        },
        {
          reason: 'Nothing makes Certificates of Ingresses, Gateways and ListenerSets: they are in Git.',
          upstream: [
            'cluster certificates.cert-manager.io: create delete get list patch update watch',
            `cluster ${group('gateway.networking.k8s.io', 'gateways', 'listenersets')}: get list watch`,
            `cluster ${group('gateway.networking.k8s.io', 'gateways/finalizers', 'listenersets/finalizers', 'httproutes/finalizers')}: update`,
            'cluster ingresses/finalizers.networking.k8s.io: update',
            'argument --default-issuer-group',
            'argument --default-issuer-kind',
            'argument --default-issuer-name',
          ],
          ours: ['cluster certificates.cert-manager.io: get list patch update watch'],
        },
        {
          reason:
            'This environment has no ACME issuer. With one, operators/cert-manager/controller.ts adds the rights that it needs.',
          upstream: [
            `cluster ${group('acme.cert-manager.io', 'challenges', 'orders')}: create delete get list patch update watch`,
            `cluster ${group('acme.cert-manager.io', 'challenges/finalizers', 'orders/finalizers')}: update`,
            `cluster ${group('acme.cert-manager.io', 'challenges/status', 'orders/status')}: patch update`,
            'cluster httproutes.gateway.networking.k8s.io: create delete get list update watch',
            'cluster ingresses.networking.k8s.io: create delete get list update watch',
            'cluster pods services: create delete get list watch',
            'cluster routes/custom-host.route.openshift.io: create',
            'argument --acme-http01-solver-extra-labels',
            'argument --acme-http01-solver-image',
            'argument --acme-http01-solver-runtime-class-name',
            'argument --dns01-recursive-nameservers',
            'argument --dns01-recursive-nameservers-only',
            'argument --max-concurrent-challenges',
          ],
        },
        {
          reason: "Kubernetes' own CertificateSigningRequests are not signed.",
          upstream: [
            'cluster certificatesigningrequests.certificates.k8s.io: get list update watch',
            'cluster certificatesigningrequests/status.certificates.k8s.io: patch update',
            'cluster signers.certificates.k8s.io[issuers.cert-manager.io/*,clusterissuers.cert-manager.io/*]: sign',
            'cluster subjectaccessreviews.authorization.k8s.io: create',
          ],
        },
        {
          reason: 'It writes the status of issuers, not the issuers.',
          upstream: [
            'cluster issuers.cert-manager.io clusterissuers.cert-manager.io: get list patch update watch',
          ],
          ours: ['cluster issuers.cert-manager.io clusterissuers.cert-manager.io: get list watch'],
        },
        {
          reason: 'The same signers, which are a value of the chart.',
          upstream: ['cluster signers.cert-manager.io[.]: approve'],
          ours: [
            'cluster signers.cert-manager.io[issuers.cert-manager.io/*,clusterissuers.cert-manager.io/*]: approve',
          ],
        },
        {
          reason: 'Settings are flags, and there are more requests a second, for the first start.',
          upstream: ['argument --config'],
          ours: ['argument --kube-api-burst', 'argument --kube-api-qps'],
        },
      ],
    ),
  );
  expect(found).toEqual(written);
});

it("gives the webhook the rights, flags and rules of upstream's chart, except for the listed differences", async () => {
  const webhook = (operations: string, kinds: string, seconds: string, path: string): string =>
    `webhook ${path === '/validate' ? 'validating' : 'mutating'} webhook.cert-manager.io: ${operations} ${kinds}, Fail, Equivalent, side effects None, ${seconds}, ${path}`;
  const both = (seconds: string): string[] => [
    webhook('CREATE', 'certificaterequests.cert-manager.io/v1', seconds, '/mutate'),
    webhook('CREATE UPDATE', '*/*.cert-manager.io/v1 */*.acme.cert-manager.io/v1', seconds, '/validate'),
  ];
  const { found, written } = await compareWithUpstream(
    comparisonOf(
      'cert-manager-webhook',
      {
        account: 'webhook.serviceAccountName',
        files: ['webhook-rbac', 'webhook-validating-webhook', 'webhook-mutating-webhook'],
        template: 'webhook-deployment',
      },
      [
        {
          reason: 'Settings are in a file, which --config names.',
          upstream: [
            'argument --dynamic-serving-ca-secret-name',
            'argument --dynamic-serving-ca-secret-namespace',
            'argument --dynamic-serving-dns-names',
            'argument --metrics-listen-address',
            'argument --secure-port',
          ],
        },
        {
          reason:
            'The API server has no client certificate for webhooks: a NetworkPolicy opens the port alone.',
          upstream: [
            'argument --client-ca-path',
            'argument --client-subject-names',
            'argument --enable-client-verification',
          ],
        },
        {
          reason: 'The same Secret, and no second one for the certificate of metrics.',
          upstream: ['own secrets[webhook.fullname-ca,secretName]: get list update watch'],
          ours: ['own secrets[cert-manager-webhook-ca]: get list update watch'],
        },
        {
          reason:
            'No namespace is left out by a label, and a webhook that does not answer holds a request 10 s instead of 30 s.',
          upstream: both('Values.webhook.timeoutSeconds s, some namespaces'),
          ours: both('10 s'),
        },
      ],
    ),
  );
  expect(found).toEqual(written);
});

it("gives the CA injector the rights and flags of upstream's chart, except for the listed differences", async () => {
  const configurations = group(
    'admissionregistration.k8s.io',
    'mutatingwebhookconfigurations',
    'validatingwebhookconfigurations',
  );
  const ofTwo = group(
    'admissionregistration.k8s.io[cert-manager-webhook,trust-manager]',
    'mutatingwebhookconfigurations',
    'validatingwebhookconfigurations',
  );
  const { found, written } = await compareWithUpstream(
    comparisonOf(
      'cert-manager-cainjector',
      {
        account: 'cainjector.serviceAccountName',
        files: ['cainjector-rbac'],
        template: 'cainjector-deployment',
      },
      [
        {
          reason: 'Leader election stays in its own namespace, with the one Lease that this version uses.',
          upstream: [
            'Values.global.leaderElection.namespace leases.coordination.k8s.io: create',
            'Values.global.leaderElection.namespace leases.coordination.k8s.io[cert-manager-cainjector-leader-election,cert-manager-cainjector-leader-election-core]: get patch update',
          ],
          ours: [
            'own leases.coordination.k8s.io: create',
            'own leases.coordination.k8s.io[cert-manager-cainjector-leader-election]: get patch update',
          ],
        },
        {
          reason:
            'It writes two webhook configurations by name; no CRD, APIService or Certificate is a source or target.',
          upstream: [
            `cluster ${configurations}: get list patch update watch`,
            'cluster apiservices.apiregistration.k8s.io: get list patch update watch',
            'cluster customresourcedefinitions.apiextensions.k8s.io: get list patch update watch',
            'cluster certificates.cert-manager.io: get list watch',
          ],
          ours: [`cluster ${configurations}: get list watch`, `cluster ${ofTwo}: patch update`],
        },
        {
          reason: 'Events are written and never read.',
          upstream: ['cluster events: create get patch update'],
          ours: ['cluster events: create patch'],
        },
        {
          reason: 'No metrics are served, so there is no certificate for them.',
          upstream: [
            'own secrets: create',
            'own secrets[Values.cainjector.config.metricsTLSConfig.dynamic.secretName]: get list update watch',
            'argument --metrics-listen-address',
          ],
        },
        {
          reason: 'Settings are in a file, which --config names.',
          upstream: [
            'argument --leader-election-lease-duration',
            'argument --leader-election-namespace',
            'argument --leader-election-renew-deadline',
            'argument --leader-election-retry-period',
          ],
        },
      ],
    ),
  );
  expect(found).toEqual(written);
});
