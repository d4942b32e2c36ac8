import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'registry',
  summary: "Stores the team's own images.",
  namespace: 'registry',
  images: ['registry'],
  provides: { imageHost: 'registry' },
  volumeSize: ['registry', 'storage'],
  exceptions: [
    {
      rule: 'readiness-probe',
      reason:
        "The process for pushes listens only on the pod's loopback address, which no probe reaches; a client waits until it answers.",
    },
  ],
});
