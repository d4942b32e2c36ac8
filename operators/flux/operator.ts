import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'flux',
  summary: 'Applies the objects in Git, waits for them, and prunes removed ones.',
  namespace: 'flux-system',
  images: ['source-controller', 'kustomize-controller', 'node'],
  crds: ['source-controller-crds', 'kustomize-controller-crds'],
  provides: {
    kinds: [
      'GitRepository.source.toolkit.fluxcd.io',
      'ExternalArtifact.source.toolkit.fluxcd.io',
      { kind: 'OCIRepository.source.toolkit.fluxcd.io', conditions: ['Ready'] },
      { kind: 'HelmRepository.source.toolkit.fluxcd.io', conditions: ['Ready'] },
      'Kustomization.kustomize.toolkit.fluxcd.io',
    ],
  },
  metrics: [
    { workload: 'source-controller', port: 8080 },
    { workload: 'kustomize-controller', port: 8080 },
    { workload: 'folder-artifacts', port: 8081 },
  ],
  exceptions: [
    {
      rule: 'rbac-escalation',
      reason:
        'kustomize-controller applies any object in Git, and nobody can grant rights that he does not have: the right to push includes every right.',
    },
    {
      rule: 'default-deny-egress',
      reason: 'Sources can be at any host and port.',
    },
  ],
});
