import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'trust-manager',
  summary: 'Copies CA certificates to the namespaces that trust them.',
  namespace: 'trust',
  images: ['trust-manager'],
  crds: ['trust-manager-crds'],
  provides: {
    kinds: [{ kind: 'Bundle.trust.cert-manager.io', conditions: ['Synced'] }],
    webhooks: ['Bundle.trust.cert-manager.io'],
  },
  exceptions: [
    {
      rule: 'rbac-secrets',
      reason:
        'It watches Secrets to see whether its copies are correct; it writes only those with CA certificates, by name.',
    },
  ],
});
