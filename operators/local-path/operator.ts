import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'local-path',
  summary: "Creates volumes on the nodes' disks, if no cloud provides disks.",
  namespace: 'local-path-storage',
  images: ['local-path-provisioner', 'debian'],
  provides: { classes: ['standard'] },
  only: ['kind', 'machines'],
  exceptions: [
    {
      rule: 'readiness-probe',
      reason: 'It has no port for a probe; a claim that stays pending shows a failure.',
    },
    {
      rule: 'pod-security',
      reason: "The helper pods that create and remove a volume's folder mount the node's disk.",
    },
  ],
});
