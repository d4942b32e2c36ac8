import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'cert-manager',
  summary: 'Issues certificates and renews them before they expire.',
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
        'It writes the keys of Certificates in every namespace, and reads the CAs of webhooks there. The policies of operators/admission/operator.ts limit what it may issue.',
    },
    {
      rule: 'open-egress',
      only: 'gateway.tls.acme',
      reason:
        'The addresses of an ACME server and of the validated hosts change, and are unknown at render time.',
    },
    {
      rule: 'readiness-probe',
      reason: 'The CA injector has no port for a probe, and nothing sends it requests.',
    },
  ],
});
