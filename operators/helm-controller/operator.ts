import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'helm-controller',
  summary: 'Installs the operators that are Helm charts, and keeps them as Git has them.',
  namespace: 'flux-system',
  onlyWith: 'charts',
  images: ['helm-controller'],
  crds: ['helm-controller-crds'],
  provides: { kinds: [{ kind: 'HelmRelease.helm.toolkit.fluxcd.io', conditions: ['Ready'] }] },
  metrics: [{ workload: 'helm-controller', port: 8080 }],
  exceptions: [
    {
      rule: 'default-deny-egress',
      reason: 'It runs beside Flux, in a namespace that lets everything out: sources name any host and port.',
    },
  ],
});
