import { expect, it } from 'vitest';
import { authorities } from '../../model/identity.ts';
import { chart as cloudnativePg } from '../../operators/cloudnative-pg/chart.ts';
import { chart as identity } from '../../operators/identity/chart.ts';
import { parts } from '../../scripts/render/components.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import type { Component, KubeObject } from '../kube/kube-object.ts';
import { objectId } from '../kube/object-id.ts';
import { order } from '../order/order.ts';
import { sourceOf } from '../order/owners.ts';
import { databaseComponent } from './database.ts';

const app = testApp({
  name: 'orders',
  database: { storage: '2Gi' },
  uses: [{ kind: 'database', of: 'orders', as: 'read-write' }],
  identity: { reload: 'files' },
});
const running = environment({ apps: [app] });
const reason = 'Its orders are kept for the auditors.';
const kept = environment({
  cluster: { retired: [{ database: 'orders', data: 'keep', storage: '2Gi', reason }] },
});
const deleted = environment({ cluster: { retired: [{ database: 'orders', data: 'delete', reason }] } });

const objects = (component: Component | undefined): Map<string, KubeObject> =>
  new Map(component?.objects.map((object) => [objectId(object), object]));

it('a retired database with data: keep is unchanged, without access for apps', () => {
  const before = objects(databaseComponent(running, app));
  const after = objects(databaseComponent(kept, app));
  expect([...after.keys()]).toEqual([...before.keys()]);
  const changed = [...after].filter(
    ([id, object]) => JSON.stringify(object) !== JSON.stringify(before.get(id)),
  );
  expect(changed.map(([id]) => id)).toEqual(['NetworkPolicy orders/orders-db']);
  expect(JSON.stringify(changed)).not.toContain('"app.kubernetes.io/name":"orders"');
});

it('keeps its authority, its operator and the flow between them', () => {
  const leaves = (env: typeof kept) =>
    authorities(env).map(({ name, leaves }) => [name, leaves.map((leaf) => leaf.name)]);
  expect(leaves(kept)).toEqual([['orders-db', ['orders-db-replication', 'orders-db-server']]]);
  for (const id of [
    'Certificate cert-manager/orders-db-ca-1',
    'ClusterIssuer orders-db-ca-1',
    'Bundle orders-db-peers',
  ]) {
    expect(objects(identity(kept)).get(id), id).toEqual(objects(identity(running)).get(id));
    expect(objects(identity(kept)).has(id), id).toBe(true);
  }
  expect(objects(cloudnativePg(kept))).toEqual(objects(cloudnativePg(running)));
});

it('a retired database with data: delete leaves only its namespace, which Flux never prunes', () => {
  const left = objects(databaseComponent(deleted, app));
  expect([...left.keys()]).toEqual(['Namespace orders', 'NetworkPolicy orders/default-deny']);
  expect(left.get('Namespace orders')?.metadata.annotations).toEqual({
    'kustomize.toolkit.fluxcd.io/prune': 'disabled',
  });
  expect(authorities(deleted)).toEqual([]);
});

it.each([kept, deleted])('an app that lost its database keeps its namespace', ({ cluster }) => {
  const without = testApp({ name: 'orders' });
  const env = { ...environment({ apps: [without] }), cluster };
  expect(objects(appComponent(env, without)).has('Namespace orders')).toBe(false);
  const named = parts(env).map(({ name }) => name);
  expect(named).toEqual([...new Set(named)]);
  const built = parts(env).flatMap(({ build }) => build() ?? []);
  const owners = built.filter((component) => objects(component).has('Namespace orders'));
  expect(owners.map(({ name }) => name)).toEqual(['orders-db']);
});

it('diagnostics of a retired database are reported in cluster.yaml', () => {
  expect(sourceOf(kept, 'orders-db')).toBe('clusters/test/cluster.yaml');
  const built = parts(deleted).flatMap(({ build }) => build() ?? []);
  expect(order(deleted, built).kustomizations.map(({ name }) => name)).toEqual(['orders-db']);
});
