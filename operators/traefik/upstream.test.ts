import { expect, it } from 'vitest';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { compareWithUpstream } from '../../test/upstream/compare.ts';
import { chart } from './chart.ts';

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

it('has the rights that upstream documents for its own kinds where an app has limits, except for the listed differences', async () => {
  const shop = testApp({ name: 'shop', exposes: { port: 'http', limits: { inFlight: 50 } } });
  const home = testApp({ name: 'home', exposes: { port: 'http' } });
  const kinds = [
    ...['ingressroutes', 'ingressroutetcps', 'ingressrouteudps', 'middlewares', 'middlewaretcps'],
    ...['serverstransports', 'serverstransporttcps', 'tlsoptions', 'tlsstores', 'traefikservices'],
  ]
    .map((kind) => `${kind}.traefik.io`)
    .join(' ');
  const { found, written } = await compareWithUpstream({
    component: chart(environment({ apps: [home, shop] })),
    ours: { workload: 'traefik', namespaces: ['gateway'] },
    upstream: {
      binary: 'traefik',
      account: 'traefik-ingress-controller',
      namespaces: ['default'],
      files: ['docs/content/reference/dynamic-configuration/kubernetes-crd-rbac.yml'],
    },
    without: ['argument'],
    differences: [
      {
        reason: 'It reads them in the namespaces of apps with limits or CORS, by lists and watches alone.',
        upstream: [
          `cluster ${kinds}: get list watch`,
          'cluster configmaps nodes secrets services: get list watch',
          'cluster endpointslices.discovery.k8s.io: list watch',
        ],
        ours: [`shop ${kinds}: list watch`],
      },
      {
        reason: 'It serves no Ingresses, and sends no telemetry with attributes of pods.',
        upstream: [
          ...['extensions', 'networking.k8s.io'].flatMap((group) => [
            `cluster ingressclasses.${group} ingresses.${group}: get list watch`,
            `cluster ingresses/status.${group}: update`,
          ]),
          'cluster pods: get',
        ],
      },
      {
        reason: 'It also has the rights for the Gateway API, which upstream documents separately.',
        ours: [
          'cluster namespaces: list watch',
          'cluster gatewayclasses.gateway.networking.k8s.io: get list watch',
          'cluster gatewayclasses/status.gateway.networking.k8s.io: update',
          ...['own', 'home', 'shop'].flatMap(rightsIn),
        ],
      },
    ],
  });
  expect(found).toEqual(written);
});
