import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'receiver',
  summary: 'Asks Flux to read pushes at once, and shows at each commit whether Flux has applied it.',
  namespace: 'receiver',
  images: ['node'],
  onlyWith: 'receiver',
  exceptions: [
    {
      rule: 'open-egress',
      only: 'source.forge.receiver.status',
      reason: 'The addresses of a forge change, and are unknown at render time.',
    },
  ],
  metrics: [{ workload: 'receiver', port: 8081 }],
});
