import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'ebs-csi',
  summary: 'Creates encrypted volumes on Amazon EBS.',
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
        "It mounts disks into the kubelet's folders, and reads the metadata service, which answers only the node.",
    },
    { rule: 'open-egress', reason: "The addresses of Amazon's API cannot be listed." },
    {
      rule: 'privilege-escalation',
      reason: 'Mounting disks for other pods requires a privileged container.',
    },
    { rule: 'capabilities', reason: 'A privileged container has all capabilities.' },
    { rule: 'non-root', reason: "The kubelet's folders and the node's devices belong to root." },
    {
      rule: 'readiness-probe',
      reason: 'The sidecars of the driver have no port; a probe of the driver goes through one of them.',
    },
    {
      rule: 'pod-security',
      reason:
        "The pods that mount disks share namespaces and folders with the node; the controller's pods are restricted.",
    },
  ],
});
