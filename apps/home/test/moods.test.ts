import { describe, expect, test } from 'vitest';
import type { Collection } from '../src/collection.ts';
import type { CronJob, KubeObject } from '../src/objects.ts';
import type { Snapshot } from '../src/snapshot.ts';
import { stateOf } from '../src/state.ts';
import {
  brokenDeployment,
  deployment,
  gitRepository,
  kustomization,
  node,
  pod,
  route,
  unreadyKustomization,
  warning,
} from './objects.ts';

function collection<T extends KubeObject>(objects: T[] = []): Collection<T> {
  return {
    items: new Map(objects.map((item, index) => [String(index), item])),
    answered: true,
    absent: false,
    trouble: '',
  };
}

function snapshot(parts: { [Kind in keyof Snapshot]?: Snapshot[Kind] } = {}): Snapshot {
  return {
    nodes: collection([node('one')]),
    deployments: collection(),
    statefulSets: collection(),
    schedules: collection(),
    pods: collection(),
    certificates: collection(),
    kustomizations: collection([kustomization('platform')]),
    gitRepositories: collection([gitRepository()]),
    routes: collection(),
    warnings: collection(),
    ...parts,
  };
}

/** Of the day of which the objects are. */
function stateAt(parts: Snapshot, time = '2026-03-01T09:10:00Z') {
  return stateOf(parts, Date.parse(time));
}

describe('the state of an app', () => {
  function app(parts: Parameters<typeof snapshot>[0]) {
    return stateAt(snapshot(parts)).apps[0];
  }

  test('is working while a new version starts, even after one failed probe', () => {
    const deployments = collection([brokenDeployment('orders')]);
    expect(app({ deployments })).toMatchObject({
      mood: 'working',
      message: 'The new version is starting; the previous one still answers.',
    });
    const warnings = collection([warning('orders', 'Unhealthy', 'Readiness probe failed')]);
    expect(app({ deployments, warnings })).toMatchObject({ mood: 'working' });
  });

  test('is failing if it has a volume per replica and lost a replica, with the command for its kind', () => {
    const { metadata, spec, status } = deployment('members');
    const one = { currentRevision: 'members-1', updateRevision: 'members-1' };
    const members = {
      metadata,
      spec: { ...spec, replicas: 2, serviceName: 'members-pods' },
      status: { ...status, ...one, conditions: [], replicas: 2, updatedReplicas: 2, readyReplicas: 1 },
    };
    const warnings = collection([warning('members', 'FailedMount', 'the volume is gone')]);
    expect(app({ statefulSets: collection([members]), warnings })).toMatchObject({
      mood: 'bad',
      message: 'Only 1 of 2 replicas answer. the volume is gone',
      more: { command: 'kubectl --namespace members describe statefulset members' },
    });
    const whole = { ...members, status: { ...members.status, readyReplicas: 2 } };
    expect(app({ statefulSets: collection([whole]) })).toMatchObject({ mood: 'good', ready: 2, wanted: 2 });
  });

  describe('with a schedule', () => {
    const due = '2026-03-01T09:00:00Z';
    const nightly = (status: CronJob['status'], suspend = false) => ({
      metadata: deployment('nightly').metadata,
      spec: { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', suspend },
      ...(status === undefined ? {} : { status }),
    });
    test.each([
      ['has not run yet', undefined, 'good', 'none yet'],
      ['runs', { active: [{}], lastScheduleTime: due }, 'working', 'running'],
      [
        'succeeded',
        { lastScheduleTime: due, lastSuccessfulTime: '2026-03-01T09:00:20Z' },
        'good',
        'succeeded',
      ],
      ['failed', { lastScheduleTime: due, lastSuccessfulTime: '2026-02-28T09:00:20Z' }, 'bad', 'failed'],
      ['failed the first time', { lastScheduleTime: due }, 'bad', 'failed'],
    ] as const)('%s: its state and its last run show that', (_, status, mood, result) => {
      const given = status === undefined ? undefined : { ...status, active: 'active' in status ? [{}] : [] };
      expect(app({ schedules: collection([nightly(given)]) })).toMatchObject({
        mood,
        runs: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', result },
      });
    });

    test('is suspended', () => {
      expect(app({ schedules: collection([nightly(undefined, true)]) })).toMatchObject({ mood: 'paused' });
    });
  });

  test('is failing if a new version cannot start, with the warning that gives the reason', () => {
    const deployments = collection([brokenDeployment('orders')]);
    const warnings = collection([
      warning('orders', 'Failed', 'Failed to pull image: not found', '2026-03-01T09:02:00Z'),
      warning('orders', 'Failed', 'Error: ImagePullBackOff', '2026-03-01T09:03:00Z'),
      warning('orders', 'BackOff', 'Back-off restarting failed container', '2026-03-01T09:04:00Z'),
    ]);
    expect(app({ deployments, warnings })).toMatchObject({
      mood: 'bad',
      message:
        'The new version does not start; the previous one still answers. Failed to pull image: not found',
    });
  });

  const starts = 'The new version does not start; the previous one still answers.';
  test.each([
    [
      {
        state: {
          waiting: { reason: 'ErrImagePull', message: 'rpc error: code = NotFound desc = no such tag' },
        },
      },
      `${starts} Its image can't be pulled: no such tag`,
      'kubectl --namespace orders describe pod orders-7d9c5b9f8-x2lqp',
    ],
    [
      {
        state: {
          waiting: {
            reason: 'ImagePullBackOff',
            message:
              'Back-off pulling image "orders:2": ErrImagePull: rpc error: code = NotFound desc = no such tag',
          },
        },
      },
      `${starts} Its image can't be pulled: no such tag`,
      'kubectl --namespace orders describe pod orders-7d9c5b9f8-x2lqp',
    ],
    [
      { restartCount: 3, lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
      `${starts} It starts and ends with exit code 1. Restarted 3 times.`,
      'kubectl --namespace orders logs orders-7d9c5b9f8-x2lqp --previous',
    ],
    [
      { restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      `${starts} It was killed because its memory use exceeded the limit (OOMKilled). Restarted once.`,
      'kubectl --namespace orders logs orders-7d9c5b9f8-x2lqp --previous',
    ],
    [
      { state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "key" not found' } } },
      `${starts} CreateContainerConfigError: secret "key" not found`,
      'kubectl --namespace orders describe pod orders-7d9c5b9f8-x2lqp',
    ],
  ])('is failing with the reason of a pod that cannot start: %j', (status, message, command) => {
    const deployments = collection([brokenDeployment('orders')]);
    const found = app({ deployments, pods: collection([pod('orders', status)]) });
    expect(found).toMatchObject({ mood: 'bad', message, more: { command } });
    // Of another app, being created, or on its way out: no trouble of this one.
    const leaving = pod('orders', status);
    leaving.metadata.deletionTimestamp = '2026-03-01T09:06:00Z';
    const creating = pod('orders', { state: { waiting: { reason: 'ContainerCreating' } } });
    const pods = collection([pod('stock', status), leaving, creating]);
    expect(app({ deployments, pods })).toMatchObject({ mood: 'working' });
  });

  test('is failing if no node has room for a pod', () => {
    const waiting = pod('orders', {});
    waiting.status = {
      conditions: [
        { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available: 1 Insufficient memory.' },
      ],
    };
    expect(
      app({ deployments: collection([brokenDeployment('orders')]), pods: collection([waiting]) }),
    ).toMatchObject({
      mood: 'bad',
      message: `${starts} No node accepts it: 0/1 nodes are available: 1 Insufficient memory.`,
    });
  });

  test('lists the last warnings with further information, each once', () => {
    const warnings = collection([
      warning('orders', 'Failed', 'Failed to pull image: no such tag', '2026-03-01T09:04:00Z'),
      warning('orders', 'FailedMount', 'volume is busy', '2026-03-01T09:02:00Z'),
      warning('orders', 'FailedMount', 'volume is busy', '2026-03-01T09:03:00Z'),
      warning('orders', 'BackOff', 'Back-off restarting failed container', '2026-03-01T09:05:00Z'),
    ]);
    const pods = collection([
      pod('orders', { state: { waiting: { reason: 'ErrImagePull', message: 'no such tag' } } }),
    ]);
    const found = app({ deployments: collection([brokenDeployment('orders')]), warnings, pods });
    expect(found?.more?.events).toEqual([
      { reason: 'FailedMount', message: 'volume is busy', at: '2026-03-01T09:03:00Z', count: 1 },
    ]);
  });

  test('is not complete while the pod of the version does not answer', () => {
    const deployments = collection([brokenDeployment('orders')]);
    expect(deployments.items.get('0')?.status).toMatchObject({
      updatedReplicas: 1,
      readyReplicas: 1,
      replicas: 2,
    });
    expect(app({ deployments })?.mood).not.toBe('good');
  });

  test('ignores warnings from before this version and of other apps', () => {
    const deployments = collection([brokenDeployment('orders')]);
    const warnings = collection([
      warning('orders', 'Failed', 'old', '2026-03-01T07:00:00Z'),
      warning('stock', 'Failed', 'of another'),
    ]);
    expect(app({ deployments, warnings })).toMatchObject({ mood: 'working' });
  });

  test('is failing if it has lost all replicas, and paused if it is scaled to none', () => {
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

  test('is failing if its route is refused', () => {
    const deployments = collection([deployment('orders')]);
    const routes = collection([route('orders', false)]);
    expect(app({ deployments, routes })).toMatchObject({
      mood: 'bad',
      message: 'The gateway does not route orders.dev.localhost: no listener takes this host name',
    });
    expect(app({ deployments, routes: collection([route('orders')]) })).toMatchObject({ mood: 'good' });
  });
});

describe('the state of a Kustomization', () => {
  test.each([
    ['False', 'BuildFailed', 'no such file', 'bad'],
    ['False', 'DependencyNotReady', 'waits', 'working'],
    ['Unknown', 'Progressing', 'Reconciliation in progress', 'working'],
  ] as const)('Ready %s %s', (status, reason, message, mood) => {
    const kustomizations = collection([unreadyKustomization('orders', status, reason, message)]);
    expect(stateAt(snapshot({ kustomizations })).syncs[0]).toMatchObject({ mood, message });
  });

  test('is good while Flux checks a revision that is already applied', () => {
    const again = unreadyKustomization('orders', 'Unknown', 'Progressing', 'Reconciliation in progress');
    if (again.status) again.status.lastAttemptedRevision = again.status.lastAppliedRevision ?? '';
    expect(stateAt(snapshot({ kustomizations: collection([again]) })).mood).toBe('good');
  });

  test('is working until it has applied the fetched revision, but only if it has the same source', () => {
    const before = kustomization('orders', 'main@sha1:0000000000000000000000000000000000000000');
    const other = kustomization('stock', 'v1.4.0@sha256:30f5c1b7a9d2e4f6a8');
    const state = stateAt(snapshot({ kustomizations: collection([before, other]) }));
    expect(state.syncs).toMatchObject([
      { mood: 'working', message: 'The newest revision is not applied yet.', newest: false },
      { mood: 'good', newest: undefined },
    ]);
    expect(state.headline).toBe('A change is on its way');
  });

  test('of an artifact is working until all artifacts of the fetched revision are named, and its own is applied', () => {
    const of = (published: string, generation: number) => {
      const root = kustomization('platform');
      root.metadata.annotations = { 'plinth.io/published-revision': published };
      const orders = kustomization('orders', 'main@sha1:0000000000000000000000000000000000000000');
      orders.spec = { ...orders.spec, sourceRef: { kind: 'ExternalArtifact' } };
      orders.metadata.generation = generation;
      const { syncs } = stateAt(snapshot({ kustomizations: collection([orders, root]) }));
      return syncs.find(({ name }) => name === 'orders');
    };
    const fetched = gitRepository().status?.artifact?.revision ?? '';
    expect(of(fetched, 1)).toMatchObject({ mood: 'good', newest: true, revision: 'main@00000000' });
    expect(of(fetched, 2)).toMatchObject({ mood: 'working', newest: false });
    const first = unreadyKustomization('orders', 'False', 'ArtifactFailed', 'not found');
    first.spec = { ...first.spec, sourceRef: { kind: 'ExternalArtifact' } };
    expect(stateAt(snapshot({ kustomizations: collection([first]) })).syncs[0]).toMatchObject({
      mood: 'working',
      message: 'not found',
    });
    expect(of('main@sha1:1', 1)).toMatchObject({
      mood: 'working',
      message: 'The newest revision is not applied yet.',
      newest: false,
    });
  });

  test('is working if Flux has not seen its generation, and paused if it is suspended', () => {
    const edited = kustomization('orders');
    edited.metadata.generation = 2;
    const suspended = kustomization('stock');
    suspended.spec = { ...suspended.spec, suspend: true };
    const state = stateAt(snapshot({ kustomizations: collection([edited, suspended]) }));
    expect(state.syncs.map(({ mood }) => mood)).toEqual(['working', 'paused']);
    expect(state.headline).toBe('A change is on its way');
  });

  test('is failing as soon as its workload fails, before Flux reports it, and names the running version', () => {
    const traefik = deployment('traefik');
    traefik.metadata.annotations = {};
    traefik.metadata.labels = { 'kustomize.toolkit.fluxcd.io/name': 'traefik' };
    if (traefik.status) traefik.status.readyReplicas = 0;
    const ended = { restartCount: 2, lastState: { terminated: { exitCode: 2 } } };
    const state = stateAt(
      snapshot({
        deployments: collection([traefik]),
        pods: collection([pod('traefik', ended)]),
        kustomizations: collection([kustomization('traefik')]),
      }),
    );
    expect(state.apps).toEqual([]);
    expect(state.syncs).toMatchObject([{ mood: 'bad', images: ['traefik:4be02a1b3c4d'], newest: true }]);
    expect(state.problems).toMatchObject([
      {
        what: 'Part traefik',
        why: 'No replica answers. It starts and ends with exit code 2. Restarted 2 times.',
      },
    ]);
  });

  test('does not report applied objects if Flux has no inventory', () => {
    expect(stateAt(snapshot({ kustomizations: collection() })).mood).toBe('working');
  });

  test('is not reported again if its app is already failing', () => {
    const deployments = collection([brokenDeployment('orders')]);
    const warnings = collection([warning('orders', 'Failed', 'no image')]);
    const kustomizations = collection([
      unreadyKustomization('orders', 'False', 'HealthCheckFailed', 'health check failed'),
    ]);
    const { problems } = stateAt(snapshot({ deployments, warnings, kustomizations }));
    expect(problems.map(({ what }) => what)).toEqual(['App orders']);
  });
});
