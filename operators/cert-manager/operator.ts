import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'cert-manager',
  summary: 'Issues certificates and renews them before they end.',
  namespace: 'cert-manager',
  images: ['cert-manager-controller', 'cert-manager-webhook', 'cert-manager-cainjector'],
  crds: ['cert-manager-crds'],
  provides: {
    kinds: [
      { kind: 'Certificate.cert-manager.io', conditions: ['Ready'] },
      'CertificateRequest.cert-manager.io',
      { kind: 'Issuer.cert-manager.io', conditions: ['Ready'] },
      { kind: 'ClusterIssuer.cert-manager.io', conditions: ['Ready'] },
    ],
    webhooks: ['Certificate.cert-manager.io', 'Issuer.cert-manager.io', 'ClusterIssuer.cert-manager.io'],
  },
  metrics: [{ workload: 'cert-manager', port: 9402 }],
  exceptions: [
    {
      rule: 'rbac-secrets',
      reason:
        'It writes the keys of Certificates of every namespace, and finds the CAs of webhooks there. What it may issue is bounded by the policies of operators/admission/operator.ts.',
    },
    { rule: 'readiness-probe', reason: 'The CA injector has no port for one; nothing sends it requests.' },
  ],
});
