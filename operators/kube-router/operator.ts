import { defineOperator } from '../../model/operator.ts';

const nodesNetwork = "It is in the node's own network, where policies do not apply: they are what it makes.";

export default defineOperator({
  name: 'kube-router',
  summary: 'Enforces network policies on every node.',
  namespace: 'kube-system',
  images: ['kube-router'],
  exceptions: [
    { rule: 'host-access', reason: "It writes the node's own packet filter." },
    { rule: 'capabilities', reason: 'The packet filter wants NET_ADMIN and NET_RAW; it has no other.' },
    { rule: 'non-root', reason: 'iptables refuses whoever is not root, whatever capabilities he has.' },
    {
      rule: 'read-only-root',
      reason: "Upstream's image chooses between two kinds of iptables by setting a link as it starts.",
    },
    { rule: 'default-deny-ingress', reason: nodesNetwork },
    { rule: 'default-deny-egress', reason: nodesNetwork },
  ],
});
