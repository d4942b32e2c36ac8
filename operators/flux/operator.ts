import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'flux',
  summary: 'Applies what is in Git, waits for it, removes what has gone.',
  namespace: 'flux-system',
  images: ['source-controller', 'kustomize-controller'],
  crds: ['source-controller-crds', 'kustomize-controller-crds'],
  provides: {
    kinds: [
      'GitRepository.source.toolkit.fluxcd.io',
      { kind: 'OCIRepository.source.toolkit.fluxcd.io', conditions: ['Ready'] },
      { kind: 'HelmRepository.source.toolkit.fluxcd.io', conditions: ['Ready'] },
      'Kustomization.kustomize.toolkit.fluxcd.io',
    ],
  },
  metrics: [
    { workload: 'source-controller', port: 8080 },
    { workload: 'kustomize-controller', port: 8080 },
  ],
  exceptions: [
    {
      rule: 'rbac-escalation',
      reason:
        'kustomize-controller applies whatever is in Git, and nobody can grant what he does not have: the right to push is the right to everything.',
    },
    {
      rule: 'default-deny-egress',
      reason: 'It fetches from whichever host and port a source names.',
    },
  ],
});
