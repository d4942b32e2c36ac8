import type { Comparison, UpstreamDifference } from './compare.ts';

const files = [
  'config/manager/deployment.yaml',
  'config/rbac/role.yaml',
  'config/rbac/role_binding.yaml',
  'config/rbac/leader_election_role.yaml',
  'config/rbac/leader_election_role_binding.yaml',
];

const ofEveryController: readonly UpstreamDifference[] = [
  {
    reason: 'Flux reads its own namespace only: a Kustomization elsewhere would have the rights of Flux.',
    upstream: ['argument --watch-all-namespaces'],
    ours: ['argument --watch-all-namespaces=false'],
  },
  {
    reason: 'There is no notification controller.',
    ours: ['argument --events-addr='],
  },
  {
    reason: 'After a power loss of its node, the next pod takes the lease sooner than by the defaults.',
    ours: [
      'argument --leader-election-lease-duration=15s',
      'argument --leader-election-renew-deadline=10s',
      'argument --leader-election-retry-period=2s',
    ],
  },
];

/** How long a controller waits before it looks at dependencies again. */
export function looksAgainAfter(seconds: number): UpstreamDifference {
  return {
    reason: `A dependency that became ready is seen after ${seconds} s, not 30 s.`,
    ours: [`argument --requeue-dependency=${seconds}s`],
  };
}

/** The rights of leader election in our manifests, and in upstream's. */
export function oneLease(controller: string): UpstreamDifference {
  return {
    reason: 'Leader election uses one Lease, and no ConfigMap.',
    upstream: [
      'own configmaps: create delete get list patch update watch',
      'own configmaps/status: get patch update',
      'own leases.coordination.k8s.io: create delete get list patch update watch',
    ],
    ours: [
      'own leases.coordination.k8s.io: create',
      `own leases.coordination.k8s.io[${controller}-leader-election]: get patch update`,
    ],
  };
}

/** The comparison of a controller of Flux, with the differences that all of them have. */
export function fluxComparison(
  component: Comparison['component'],
  controller: string,
  differences: readonly UpstreamDifference[],
  moreFiles: readonly string[] = [],
): Comparison {
  return {
    component,
    ours: { workload: controller, namespaces: ['flux-system'] },
    upstream: {
      binary: controller,
      workload: controller,
      namespaces: ['system'],
      files: [...files, ...moreFiles],
    },
    differences: [...ofEveryController, ...differences],
  };
}
