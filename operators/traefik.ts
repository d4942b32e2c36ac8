import { defineOperator } from '../model/operator.ts';

export default defineOperator({
  name: 'traefik',
  summary: 'The gateway: leads host names to apps by the Gateway API.',
  namespace: 'gateway',
  images: ['traefik'],
  crds: ['gateway-api-crds'],
  provides: {
    kinds: [
      'GatewayClass.gateway.networking.k8s.io',
      'Gateway.gateway.networking.k8s.io',
      'HTTPRoute.gateway.networking.k8s.io',
      'GRPCRoute.gateway.networking.k8s.io',
      'ReferenceGrant.gateway.networking.k8s.io',
      'BackendTLSPolicy.gateway.networking.k8s.io',
    ],
    classes: ['traefik'],
  },
});
