import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'traefik',
  summary: 'The gateway: routes host names to apps by the Gateway API.',
  namespace: 'gateway',
  images: ['traefik'],
  crds: ['gateway-api-crds'],
  provides: {
    kinds: [
      // No condition: Flux applies kinds that end in Class before all other objects of the folder and waits
      // for them, so before Traefik, which would set the condition. The Gateway's condition has the same
      // meaning later.
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
