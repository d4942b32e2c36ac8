import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'helm-controller',
  summary: 'Installs operators with Helm charts, and keeps them as in Git.',
  namespace: 'flux-system',
  onlyWith: 'charts',
  images: ['helm-controller'],
  crds: ['helm-controller-crds'],
  provides: { kinds: [{ kind: 'HelmRelease.helm.toolkit.fluxcd.io', conditions: ['Ready'] }] },
  metrics: [{ workload: 'helm-controller', port: 8080 }],
  exceptions: [
    {
      rule: 'default-deny-egress',
      reason: 'It runs beside Flux, in a namespace with open egress: sources can be at any host and port.',
    },
  ],
});
