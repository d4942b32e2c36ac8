import { describe, expect, test } from 'vitest';
import type { Collection } from '../src/collection.ts';
import type { KubeObject } from '../src/objects.ts';
import type { Snapshot } from '../src/snapshot.ts';
import { stateOf } from '../src/state.ts';
import {
  brokenDeployment,
  deployment,
  gitRepository,
  kustomization,
  node,
  route,
  unreadyKustomization,
  warning,
} from './objects.ts';

function collection<T extends KubeObject>(objects: T[] = []): Collection<T> {
  return { items: new Map(objects.map((item, index) => [String(index), item])), answered: true, trouble: '' };
}

function snapshot(parts: { [Kind in keyof Snapshot]?: Snapshot[Kind] } = {}): Snapshot {
  return {
    nodes: collection([node('one')]),
    deployments: collection(),
    kustomizations: collection([kustomization('platform')]),
    gitRepositories: collection([gitRepository()]),
    routes: collection(),
    warnings: collection(),
    ...parts,
  };
}

describe('how an app is', () => {
  function app(parts: Parameters<typeof snapshot>[0]) {
    return stateOf(snapshot(parts)).apps[0];
  }

  test('a new version that is starting is working, even when a probe failed once', () => {
    const deployments = collection([brokenDeployment('orders')]);
    expect(app({ deployments })).toMatchObject({ mood: 'working', message: '1 of 1 replicas answer.' });
    const warnings = collection([warning('orders', 'Unhealthy', 'Readiness probe failed')]);
    expect(app({ deployments, warnings })).toMatchObject({ mood: 'working' });
  });

  test('a new version that cannot start is failing, with the warning that says why', () => {
    const deployments = collection([brokenDeployment('orders')]);
    const warnings = collection([
      warning('orders', 'Failed', 'Failed to pull image: not found', '2026-03-01T09:02:00Z'),
      warning('orders', 'Failed', 'Error: ImagePullBackOff', '2026-03-01T09:03:00Z'),
      warning('orders', 'BackOff', 'Back-off restarting failed container', '2026-03-01T09:04:00Z'),
    ]);
    expect(app({ deployments, warnings })).toMatchObject({
      mood: 'bad',
      message: 'The new version does not start. Failed to pull image: not found',
    });
  });

  test('warnings of before this version, and of others, do not count', () => {
    const deployments = collection([brokenDeployment('orders')]);
    const warnings = collection([
      warning('orders', 'Failed', 'old', '2026-03-01T07:00:00Z'),
      warning('stock', 'Failed', 'of another'),
    ]);
    expect(app({ deployments, warnings })).toMatchObject({ mood: 'working' });
  });

  test('one that ran and has no replica left is failing; one scaled to none is paused', () => {
    const down = deployment('orders');
    if (down.status) down.status.readyReplicas = 0;
    expect(app({ deployments: collection([down]) })).toMatchObject({
      mood: 'bad',
      message: 'No replica answers.',
    });
    const none = deployment('orders');
    if (none.spec) none.spec.replicas = 0;
    expect(app({ deployments: collection([none]) })).toMatchObject({ mood: 'paused' });
  });

  test('one whose route is refused is failing', () => {
    const deployments = collection([deployment('orders')]);
    const routes = collection([route('orders', false)]);
    expect(app({ deployments, routes })).toMatchObject({
      mood: 'bad',
      message: 'The gateway does not route orders.dev.localhost: no listener takes this host name',
    });
    expect(app({ deployments, routes: collection([route('orders')]) })).toMatchObject({ mood: 'good' });
  });
});

describe('how a sync is', () => {
  test.each([
    ['False', 'BuildFailed', 'no such file', 'bad'],
    ['False', 'DependencyNotReady', 'waits', 'working'],
    ['Unknown', 'Progressing', 'Reconciliation in progress', 'working'],
  ] as const)('Ready %s %s', (status, reason, message, mood) => {
    const kustomizations = collection([unreadyKustomization('orders', status, reason, message)]);
    expect(stateOf(snapshot({ kustomizations })).syncs[0]).toMatchObject({ mood, message });
  });

  test('a look at what is applied already is no change', () => {
    const again = unreadyKustomization('orders', 'Unknown', 'Progressing', 'Reconciliation in progress');
    if (again.status) again.status.lastAttemptedRevision = again.status.lastAppliedRevision ?? '';
    expect(stateOf(snapshot({ kustomizations: collection([again]) })).mood).toBe('good');
  });

  test('a generation that Flux has not seen is working; a suspended one is paused', () => {
    const edited = kustomization('orders');
    edited.metadata.generation = 2;
    const suspended = kustomization('stock');
    suspended.spec = { ...suspended.spec, suspend: true };
    const state = stateOf(snapshot({ kustomizations: collection([edited, suspended]) }));
    expect(state.syncs.map(({ mood }) => mood)).toEqual(['working', 'paused']);
    expect(state.headline).toBe('A change is on its way');
  });

  test('the sync of an app that fails is not told twice', () => {
    const deployments = collection([brokenDeployment('orders')]);
    const warnings = collection([warning('orders', 'Failed', 'no image')]);
    const kustomizations = collection([
      unreadyKustomization('orders', 'False', 'HealthCheckFailed', 'health check failed'),
    ]);
    const { problems } = stateOf(snapshot({ deployments, warnings, kustomizations }));
    expect(problems.map(({ what }) => what)).toEqual(['App orders']);
  });
});
