import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'local-path',
  summary: "Makes volumes on the nodes' own disks, where no cloud offers any.",
  namespace: 'local-path-storage',
  images: ['local-path-provisioner', 'debian'],
  provides: { classes: ['standard'] },
  only: ['kind', 'machines'],
  exceptions: [
    {
      rule: 'readiness-probe',
      reason: 'It has no port that could be asked; a claim that stays pending tells of it.',
    },
    {
      rule: 'pod-security',
      reason: "The pods that make and remove a volume's folder mount the node's disk.",
    },
  ],
});
