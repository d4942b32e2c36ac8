import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';

it('has the rights and arguments of upstream, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream({
    component: 'kube-router',
    ours: { workload: 'kube-router', namespaces: ['kube-system'] },
    upstream: {
      binary: 'kube-router',
      workload: 'kube-router',
      account: 'kube-router',
      namespaces: ['kube-system'],
      // The arguments of the DaemonSet for policies alone; it has no rights beside it, as it reads a kubeconfig.
      files: ['daemonset/kube-router-firewall-daemonset.yaml', 'daemonset/generic-kuberouter.yaml'],
    },
    differences: [
      {
        reason: 'It uses its ServiceAccount, not a kubeconfig file of the node.',
        upstream: ['argument --kubeconfig=/var/lib/kube-router/kubeconfig'],
      },
      {
        reason:
          'It enforces policies only: no routes, no load balancers and no leader of them, no old API of policies.',
        upstream: [
          'cluster leases.coordination.k8s.io: create get update',
          'cluster networkpolicies.extensions: get list watch',
          'cluster services/status: update',
        ],
        ours: ['argument --enable-cni=false'],
      },
      {
        reason: 'The default, written out beside the port of the probes.',
        ours: ['argument --health-port=20244'],
      },
      {
        reason: 'Rules that another program removed return after 1 min, not 5 min.',
        ours: ['argument --iptables-sync-period=1m'],
      },
    ],
  });
  expect(found).toEqual(written);
});
