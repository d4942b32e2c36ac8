import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'trust-manager',
  summary: 'Brings the roots that are trusted to the namespaces that trust them.',
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
        'It watches the kind to see whether its own copies are as they should be; it writes those alone that hold roots, by name.',
    },
  ],
});
