import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';

const chart = 'deploy/charts/trust-manager/templates';

it("has the rights, flags and webhook of upstream's chart, except for the listed differences", async () => {
  const { found, written } = await compareWithUpstream({
    component: 'trust-manager',
    ours: { workload: 'trust-manager', namespaces: ['trust'] },
    upstream: {
      binary: 'trust-manager',
      account: 'trust-manager.name',
      namespaces: ['trust-manager.namespace'],
      files: ['clusterrole', 'clusterrolebinding', 'role', 'rolebinding', 'webhook'].map(
        (name) => `${chart}/${name}.yaml`,
      ),
      chart: { helpers: `${chart}/_helpers.tpl`, deployment: `${chart}/deployment.yaml` },
    },
    differences: [
      {
        reason:
          'It reads Secrets everywhere, which its cache does, and writes those by name that hold the roots of a database.',
        upstream: [
          'cluster secrets: create delete get list patch watch',
          'Values.app.trust.namespace secrets: get list watch',
        ],
        ours: [
          'cluster secrets: get list watch',
          'cluster secrets[jobs-db-peers,orders-db-peers]: create delete patch',
        ],
      },
      {
        reason: 'Bundles hold the roots of this platform alone, and go to all namespaces.',
        upstream: [
          'argument --default-package-location',
          'argument --filter-non-ca-certs',
          'argument --target-namespaces',
        ],
      },
      {
        reason: 'TLS as Go has it by default.',
        upstream: [
          'argument --tls-cipher-suites',
          'argument --tls-curve-preferences',
          'argument --tls-min-version',
        ],
      },
      {
        reason: 'The same webhook; its time-out is a value of the chart, whose default is 5 s too.',
        upstream: [
          'webhook validating trust.cert-manager.io: CREATE UPDATE bundles.trust.cert-manager.io/v1alpha1, Fail, Equivalent, side effects None, Values.app.webhook.timeoutSeconds s, /validate-trust-cert-manager-io-v1alpha1-bundle',
        ],
        ours: [
          'webhook validating trust.cert-manager.io: CREATE UPDATE bundles.trust.cert-manager.io/v1alpha1, Fail, Equivalent, side effects None, 5 s, /validate-trust-cert-manager-io-v1alpha1-bundle',
        ],
      },
    ],
  });
  expect(found).toEqual(written);
});
