import { describe, expect, it } from 'vitest';
import { publishedRevision } from '../../charts/order/artifact.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';
import { workloadsBeforeFlux } from './apply-before-flux.ts';

const parent = 'c0ffee';
const deployment = 'manifests/dev/orders/deployment-orders.yaml';
const manifests = new Map([
  [
    deployment,
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders, namespace: orders, labels: { a: b } }\n',
  ],
  [
    'manifests/dev/orders/service-orders.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: { name: orders, namespace: orders }\n',
  ],
  [
    'manifests/dev/traefik/deployment-traefik.yaml',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: traefik, namespace: traefik }\n',
  ],
]);

function ready(name: string, spec: Record<string, unknown> = {}): WatchedObject {
  return {
    metadata: { name, generation: 2 },
    spec: { sourceRef: { kind: 'ExternalArtifact', name }, ...spec },
    status: {
      observedGeneration: 2,
      lastAppliedRevision: `main@sha1:${parent}`,
      history: [{ lastReconciledStatus: 'ReconciliationSucceeded' }],
      conditions: [{ type: 'Ready', status: 'True', observedGeneration: 2 }],
    },
  };
}

const root = (published = parent): WatchedObject => ({
  ...ready('platform'),
  metadata: {
    name: 'platform',
    generation: 2,
    annotations: { [publishedRevision]: `main@sha1:${published}` },
  },
});

const dependsOn = [{ name: 'orders-migrations' }];
const resting = [root(), ready('orders', { dependsOn }), ready('orders-migrations'), ready('traefik')];

function applied(paths: string[], objects = resting, commit: { parent?: string } = { parent }) {
  const before = new Map(objects.map((object) => [object.metadata.name, object]));
  const apps = ['orders', 'order'];
  return workloadsBeforeFlux({ environment: 'dev', apps, paths, manifests, ...commit }, before);
}

/** The resting Kustomizations with one in another state. */
const but = (object: WatchedObject) => [
  ...resting.filter(({ metadata }) => metadata.name !== object.metadata.name),
  object,
];

describe('a workload that a commit changes', () => {
  it('is applied with the labels of Flux', () => {
    expect(applied([deployment])).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name: 'orders',
          namespace: 'orders',
          labels: {
            a: 'b',
            'kustomize.toolkit.fluxcd.io/name': 'orders',
            'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
          },
        },
      },
    ]);
  });

  it.each([
    ['something else is changed too', [deployment, 'manifests/dev/orders/service-orders.yaml']],
    ['its migrations are changed too', [deployment, 'manifests/dev/orders-migrations/job-orders.yaml']],
    ['it is removed', ['manifests/dev/orders/deployment-worker.yaml']],
    ['it belongs to an operator', ['manifests/dev/traefik/deployment-traefik.yaml']],
    ['it belongs to another environment', ['manifests/staging/orders/deployment-orders.yaml']],
  ])('is left to Flux if %s', (_, paths) => {
    expect(applied(paths)).toEqual([]);
  });

  it.each<[string, WatchedObject]>([
    ['the commit before has no artifacts yet', root('before')],
    ['its Kustomization is suspended', ready('orders', { dependsOn, suspend: true })],
    [
      'the commit before is not yet applied to it',
      { ...ready('orders', { dependsOn }), metadata: { name: 'orders', generation: 3 } },
    ],
    [
      'the migrations of the commit before have failed',
      {
        ...ready('orders-migrations'),
        status: {
          observedGeneration: 2,
          history: [{ lastReconciledStatus: 'HealthCheckFailed' }],
          conditions: [{ type: 'Ready', status: 'False', reason: 'HealthCheckFailed' }],
        },
      },
    ],
  ])('is left to Flux if %s', (_, object) => {
    expect(applied([deployment], but(object))).toEqual([]);
  });

  it('is left to Flux if it is the first commit, or if Flux does not know the app', () => {
    expect(applied([deployment], resting, {})).toEqual([]);
    expect(applied([deployment], [root()])).toEqual([]);
  });
});
