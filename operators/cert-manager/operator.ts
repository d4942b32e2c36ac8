import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'cert-manager',
  summary: 'Issues certificates and renews them before they end.',
  namespace: 'cert-manager',
  images: [
    'cert-manager-controller',
    'cert-manager-webhook',
    'cert-manager-cainjector',
    'cert-manager-acmesolver',
  ],
  crds: ['cert-manager-crds'],
  provides: {
    kinds: [
      { kind: 'Certificate.cert-manager.io', conditions: ['Ready'] },
      'CertificateRequest.cert-manager.io',
      { kind: 'Issuer.cert-manager.io', conditions: ['Ready'] },
      { kind: 'ClusterIssuer.cert-manager.io', conditions: ['Ready'] },
      'Order.acme.cert-manager.io',
      'Challenge.acme.cert-manager.io',
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
    {
      rule: 'open-egress',
      only: 'gateway.tls.acme',
      reason:
        'An ACME server and the hosts that it asks have addresses that change, and that no render knows.',
    },
    { rule: 'readiness-probe', reason: 'The CA injector has no port for one; nothing sends it requests.' },
  ],
});
