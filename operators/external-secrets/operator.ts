import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'external-secrets',
  summary: 'Copies the secrets of each app from a store outside of the cluster.',
  namespace: 'external-secrets',
  images: ['external-secrets'],
  onlyWith: 'external-secrets',
  crds: ['external-secrets-crds'],
  provides: {
    // GeneratorState is of the other group; it waits for that kind too, and no object of it is made.
    kinds: [
      { kind: 'ExternalSecret.external-secrets.io', conditions: ['Ready'] },
      { kind: 'SecretStore.external-secrets.io', conditions: ['Ready'] },
    ],
  },
  exceptions: [
    {
      rule: 'open-egress',
      only: 'secrets.external.region',
      reason: "The addresses of Amazon's API cannot be listed.",
    },
  ],
});
