import { defineOperator } from '../model/operator.ts';

export default defineOperator({
  name: 'local-path',
  summary: "Makes volumes on the nodes' own disks, where no cloud offers any.",
  namespace: 'local-path-storage',
  images: ['local-path-provisioner', 'debian'],
  provides: { classes: ['standard'] },
  only: ['kind', 'machines'],
});
