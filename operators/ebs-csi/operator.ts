import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'ebs-csi',
  summary: "Makes volumes on Amazon's disks (EBS), encrypted.",
  namespace: 'ebs-csi',
  images: [
    'aws-ebs-csi-driver',
    'csi-provisioner',
    'csi-attacher',
    'csi-resizer',
    'csi-node-driver-registrar',
    'csi-livenessprobe',
  ],
  provides: { classes: ['standard'] },
  only: ['aws'],
  exceptions: [
    {
      rule: 'host-access',
      reason:
        "It mounts disks into the kubelet's folders, and learns of its machine at an address of the node alone.",
    },
    { rule: 'open-egress', reason: "Amazon's API has addresses that nobody can list." },
    { rule: 'privilege-escalation', reason: 'Mounting for other pods wants a privileged container.' },
    { rule: 'capabilities', reason: 'A privileged container has all of them.' },
    { rule: 'non-root', reason: "The kubelet's folders and the node's devices belong to root." },
    {
      rule: 'readiness-probe',
      reason:
        'The helpers beside the driver have no port; its own probe asks the driver through one of them.',
    },
    {
      rule: 'pod-security',
      reason: "The pods that mount disks on each node take part in it; the controller's are restricted.",
    },
  ],
});
