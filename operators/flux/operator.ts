import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'flux',
  summary: 'Applies what is in Git, waits for it, removes what has gone.',
  namespace: 'flux-system',
  images: ['source-controller', 'kustomize-controller', 'helm-controller'],
  crds: ['source-controller-crds', 'kustomize-controller-crds', 'helm-controller-crds'],
  provides: {
    kinds: [
      'GitRepository.source.toolkit.fluxcd.io',
      'OCIRepository.source.toolkit.fluxcd.io',
      'HelmRepository.source.toolkit.fluxcd.io',
      'Kustomization.kustomize.toolkit.fluxcd.io',
      'HelmRelease.helm.toolkit.fluxcd.io',
    ],
  },
  metrics: [
    { workload: 'source-controller', port: 8080 },
    { workload: 'kustomize-controller', port: 8080 },
    { workload: 'helm-controller', port: 8080 },
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
