import { expect, it } from 'vitest';
import { compareWithUpstream } from '../../test/upstream/compare.ts';

const read = ['gateways', 'httproutes', 'grpcroutes', 'backendtlspolicies'];
const api = (kinds: readonly string[], path = ''): string =>
  kinds.map((kind) => `${kind}${path}.gateway.networking.k8s.io`).join(' ');

/** The rights in a namespace whose routes Traefik serves. */
const rightsIn = (namespace: string): string[] => [
  `${namespace} configmaps secrets services endpointslices.discovery.k8s.io: list watch`,
  `${namespace} ${api([...read, 'referencegrants'])}: get list watch`,
  `${namespace} ${api(read, '/status')}: update`,
];

it('has the rights that upstream documents for the Gateway API, except for the listed differences', async () => {
  const { found, written } = await compareWithUpstream({
    component: 'traefik',
    ours: { workload: 'traefik', namespaces: ['gateway'] },
    upstream: {
      binary: 'traefik',
      account: 'traefik-controller',
      namespaces: [],
      files: ['docs/content/reference/dynamic-configuration/kubernetes-gateway-rbac.yml'],
    },
    // Upstream's module has no Deployment.
    without: ['argument'],
    differences: [
      {
        reason: 'Traefik reads the namespaces of exposed apps and its own, not all Secrets of the cluster.',
        upstream: [
          `cluster ${api([...read, 'referencegrants'])}: get list watch`,
          `cluster ${api(read, '/status')}: update`,
          'cluster configmaps secrets services: get list watch',
          'cluster endpointslices.discovery.k8s.io: list watch',
        ],
        ours: ['own', 'home'].flatMap(rightsIn),
      },
      {
        reason: 'It has no status of ReferenceGrants to write, and no TCP or TLS routes.',
        upstream: [
          `cluster ${api(['tcproutes', 'tlsroutes'])}: get list watch`,
          `cluster ${api(['referencegrants', 'tcproutes', 'tlsroutes'], '/status')}: update`,
        ],
      },
      {
        reason: 'It sends no telemetry with attributes of pods.',
        upstream: ['cluster pods: get'],
      },
    ],
  });
  expect(found).toEqual(written);
});
