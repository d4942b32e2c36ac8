import { describe, expect, it } from 'vitest';
import { publishedRevision } from '../../charts/order/artifact.ts';
import { isApplied } from '../../charts/order/is-applied.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';
import { canGoOn, progressOf } from '../flux/progress.ts';
import { changedKustomizations, pathsOfApp, renderedKustomizations, workloadsOf } from './kustomizations.ts';
import { Failures } from './wait-for-flux.ts';

const manifests = new Map(
  [
    'flux-sync/kustomization-orders.yaml',
    'flux-sync/kustomization-orders-db.yaml',
    'flux-sync/kustomization-platform.yaml',
    'flux-sync/kustomization-crds.yaml',
    'flux-sync/gitrepository-platform.yaml',
    'orders/service-orders.yaml',
    'crds/kustomization-traefik-crds.yaml',
  ].map((path) => [`manifests/dev/${path}`, '']),
);
manifests.set(
  'manifests/dev/orders/deployment-orders.yaml',
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders, namespace: orders }\n',
);

describe('the Kustomizations that a deploy waits for', () => {
  it('are the rendered ones of an app, in the order of Flux', () => {
    expect(renderedKustomizations('dev', 'orders', manifests)).toEqual(['orders-db', 'orders']);
    expect(renderedKustomizations('dev', 'home', manifests)).toEqual([]);
  });

  it('are those whose folder or object the commit changes', () => {
    const changed = (...paths: string[]) =>
      changedKustomizations(
        'dev',
        paths.map((path) => `manifests/${path}`),
        manifests,
      );
    expect(changed('dev/orders/service-orders.yaml', 'dev/flux-sync/kustomization-orders.yaml')).toEqual([
      'orders',
    ]);
    expect(changed('dev/crds/kustomization-traefik-crds.yaml')).toEqual(['crds']);
    expect(changed('dev/flux-sync/gitrepository-platform.yaml')).toEqual(['platform']);
    // Of another environment, and of what is no longer rendered: nobody would ever apply it.
    expect(changed('staging/orders/service-orders.yaml', 'dev/gone/service-gone.yaml')).toEqual([]);
  });

  it('do not include an app whose name has the same beginning', () => {
    expect(pathsOfApp('dev', 'orders')).toContain('manifests/dev/orders-db');
    expect(pathsOfApp('dev', 'orders')).not.toContain('manifests/dev/orders-archive');
    expect(workloadsOf('dev', 'orders', manifests)).toEqual([
      { kind: 'Deployment', name: 'orders', namespace: 'orders' },
    ]);
    expect(workloadsOf('dev', 'order', manifests)).toEqual([]);
  });
});

const commit = 'c0ffee';
const revision = `main@sha1:${commit}`;

function kustomization(
  ready: [status: string, reason: string, message?: string],
  status: Record<string, unknown> = {},
  dependsOn: object[] = [],
): WatchedObject {
  const [value, reason, message = ''] = ready;
  const { healthy, ...rest } = status;
  return {
    metadata: { name: 'orders', generation: 2 },
    spec: { dependsOn },
    status: {
      observedGeneration: 2,
      lastAttemptedRevision: revision,
      ...rest,
      conditions: [
        { type: 'Ready', status: value, reason, message, observedGeneration: 2 },
        ...(healthy === undefined
          ? []
          : [{ type: 'Healthy', status: 'Unknown', observedGeneration: Number(healthy) }]),
      ],
    },
  };
}

const done = kustomization(['True', 'ReconciliationSucceeded'], { lastAppliedRevision: revision });

/** The root, at that commit, with the revision of which all artifacts are named. */
const root = (published = revision): WatchedObject => ({
  ...done,
  metadata: { name: 'platform', generation: 2, annotations: { [publishedRevision]: published } },
});

/** Its progress, as the Kustomization `orders`, at the commit. */
const progress = (object: WatchedObject | undefined, at = commit, platform = root()) =>
  progressOf('orders', new Map(Object.entries({ ...(object && { orders: object }), platform })), at);

const withArtifact = (object: WatchedObject): WatchedObject => ({
  ...object,
  spec: { ...object.spec, sourceRef: { kind: 'ExternalArtifact', name: 'orders-0123456789abcdef' } },
});

describe('the progress of Flux with a commit', () => {
  it('is ready only at this commit and this generation', () => {
    expect(progress(done)).toEqual({ at: 'ready' });
    expect(progress(done, 'another')).toEqual({ at: 'before' });
    const old = kustomization(['True', 'ReconciliationSucceeded'], {
      lastAppliedRevision: revision,
      observedGeneration: 1,
    });
    expect(progress(old)).toEqual({ at: 'before' });
    expect(progress(undefined)).toEqual({ at: 'before' });
  });

  it('of an artifact counts from the time at which all artifacts of the commit are named', () => {
    const earlier = { lastAppliedRevision: 'main@sha1:before', lastAttemptedRevision: 'main@sha1:before' };
    const unchanged = withArtifact(kustomization(['True', 'ReconciliationSucceeded'], earlier));
    expect(progress(unchanged)).toEqual({ at: 'ready' });
    expect(progress(unchanged, commit, root('main@sha1:before'))).toEqual({ at: 'before' });
    const other = { ...earlier, observedGeneration: 1 };
    expect(progress(withArtifact(kustomization(['True', 'ReconciliationSucceeded'], other)))).toEqual({
      at: 'before',
    });
    const fetched = withArtifact(kustomization(['False', 'ArtifactFailed', 'not found'], earlier));
    expect(progress(fetched)).toEqual({ at: 'waits', why: 'not found' });
    const failed = withArtifact(kustomization(['False', 'BuildFailed', 'no such key'], earlier));
    expect(progress(failed)).toMatchObject({ at: 'failed' });
    expect(progress(failed, commit, root('main@sha1:before'))).toEqual({ at: 'before' });
    const next = { ...failed, metadata: { ...failed.metadata, generation: 3 } };
    expect(progress(next)).toEqual({ at: 'before' });
  });

  it('has applied the objects once it checks their health', () => {
    const looks = (generation: number) => kustomization(['Unknown', 'Progressing'], { healthy: generation });
    expect(progress(looks(2))).toEqual({ at: 'applied' });
    expect(progress(withArtifact(looks(2)))).toEqual({ at: 'applied' });
    expect(progress(looks(1))).toEqual({ at: 'before' });
    expect(progress(kustomization(['Unknown', 'Progressing']))).toEqual({ at: 'before' });
  });

  it("fails with Flux's message, but not because of an earlier commit", () => {
    const failed = (at: string) =>
      kustomization(['False', 'BuildFailed', 'no such key\nmore'], { lastAttemptedRevision: at });
    expect(progress(failed(revision))).toEqual({ at: 'failed', reason: 'BuildFailed', why: 'no such key' });
    expect(progress(failed('main@sha1:before'))).toEqual({ at: 'before' });
  });
});

describe('a waiting Kustomization is reconciled on request', () => {
  const waits = kustomization(['False', 'DependencyNotReady', "dependency 'orders-db' is not ready"], {}, [
    { name: 'orders-db', readyExpr: isApplied },
    { name: 'traefik', readyExpr: isApplied },
  ]);
  const applied = (status: string, reason: string, of: { observedGeneration?: number; last?: string } = {}) =>
    kustomization([status, reason], {
      observedGeneration: of.observedGeneration ?? 2,
      history: [{ lastReconciledStatus: of.last ?? 'ReconciliationSucceeded' }],
    });
  const traefik = applied('Unknown', 'Progressing');
  const withOther = (other?: WatchedObject) =>
    canGoOn(waits, new Map(Object.entries({ traefik, ...(other && { 'orders-db': other }) })));

  it('not before its dependencies exist', () => {
    expect(withOther()).toBe(false);
  });

  it.each<[string, WatchedObject, boolean]>([
    ['was applied before', applied('True', 'ReconciliationSucceeded'), true],
    ['only waits for others', applied('False', 'DependencyNotReady'), true],
    ['was never applied', kustomization(['Unknown', 'Progressing']), false],
    ['has a new description', applied('Unknown', 'Progressing', { observedGeneration: 1 }), false],
    ['has failed', applied('False', 'HealthCheckFailed'), false],
    [
      'failed last, and is tried again',
      applied('Unknown', 'Progressing', { last: 'ReconciliationFailed' }),
      false,
    ],
  ])('a dependency with an expression that %s', (_, other, expected) => {
    expect(withOther(other)).toBe(expected);
  });

  it('not while it is reconciling, because that would restart', () => {
    const works = kustomization(['Unknown', 'Progressing'], {}, [{ name: 'platform' }]);
    expect(canGoOn(works, new Map([['platform', applied('True', 'ReconciliationSucceeded')]]))).toBe(false);
  });
});

describe('a commit fails', () => {
  const failed = (reason: string) => kustomization(['False', reason, 'the reason']);
  const works = kustomization(['Unknown', 'Progressing']);

  it('at once if its objects are unhealthy or its folder cannot be built', () => {
    for (const reason of ['HealthCheckFailed', 'BuildFailed']) {
      expect(new Failures().note('orders', progress(failed(reason)))).toBe(
        `Flux cannot apply orders (${reason}): the reason`,
      );
    }
  });

  it('at the second refusal of the API server, because the first may come from a webhook that is starting', () => {
    const failures = new Failures();
    expect(failures.note('orders', progress(failed('ReconciliationFailed')))).toBeUndefined();
    // The same status seen again is no other try.
    expect(failures.note('orders', progress(failed('ReconciliationFailed')))).toBeUndefined();
    expect(failures.note('orders', progress(works))).toBeUndefined();
    expect(failures.note('orders', progress(failed('ReconciliationFailed')))).toContain('the reason');
  });
});
