import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'registry',
  summary: "Holds the team's own images.",
  namespace: 'registry',
  images: ['registry'],
  provides: { imageHost: 'registry' },
  volumeSize: ['registry', 'storage'],
  exceptions: [
    {
      rule: 'readiness-probe',
      reason:
        'The process that takes pushes listens on the loopback of the pod alone, where no probe reaches it; whoever pushes waits until it answers.',
    },
  ],
});
