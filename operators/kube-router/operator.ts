import { defineOperator } from '../../model/operator.ts';

const nodesNetwork =
  "It uses the node's network, in which policies have no effect: it is the program that enforces them.";

export default defineOperator({
  name: 'kube-router',
  summary: 'Enforces network policies on every node.',
  namespace: 'kube-system',
  images: ['kube-router'],
  exceptions: [
    { rule: 'host-access', reason: "It writes the node's own packet filter." },
    {
      rule: 'capabilities',
      reason: 'The packet filter requires NET_ADMIN and NET_RAW; it has no other capabilities.',
    },
    { rule: 'non-root', reason: 'iptables requires root, whatever the capabilities.' },
    {
      rule: 'read-only-root',
      reason: "Upstream's image selects one of two kinds of iptables by a symbolic link at its start.",
    },
    { rule: 'default-deny-ingress', reason: nodesNetwork },
    { rule: 'default-deny-egress', reason: nodesNetwork },
  ],
});
