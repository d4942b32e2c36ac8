import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'traefik',
  summary: 'The gateway: leads host names to apps by the Gateway API.',
  namespace: 'gateway',
  images: ['traefik'],
  crds: ['gateway-api-crds'],
  provides: {
    kinds: [
      // No condition: Flux applies each kind that ends in Class and waits for it before anything else of the folder, so
      // before Traefik, which would have to accept it. A Gateway that is programmed says the same later.
      'GatewayClass.gateway.networking.k8s.io',
      { kind: 'Gateway.gateway.networking.k8s.io', conditions: ['Accepted', 'Programmed'] },
      { kind: 'HTTPRoute.gateway.networking.k8s.io', conditions: ['Accepted', 'ResolvedRefs'] },
      { kind: 'GRPCRoute.gateway.networking.k8s.io', conditions: ['Accepted', 'ResolvedRefs'] },
      'ReferenceGrant.gateway.networking.k8s.io',
      'BackendTLSPolicy.gateway.networking.k8s.io',
    ],
    classes: ['traefik'],
  },
  metrics: [{ workload: 'traefik', port: 8082 }],
});
