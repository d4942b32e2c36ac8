import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { type Fate, fates, kustomizations } from './fate.ts';

const folder = 'manifests/dev/orders-db';
const sync = (spec: object): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'orders-db', namespace: 'flux-system' },
  spec: { path: `./${folder}`, ...spec },
});
const object = (kind: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'a', ...more },
});

/** As kustomize-controller's own tests of its deletion policy have them. */
const rows: [why: string, before: object | undefined, after: object | undefined, more: object, Fate][] = [
  ['the Kustomization stays and prunes', { prune: true }, { prune: true }, {}, 'pruned'],
  ['it stays and prunes nothing', { prune: false }, { prune: false }, {}, 'not-pruned'],
  ['it begins to prune with the same change', { prune: false }, { prune: true }, {}, 'pruned'],
  ['it ends to prune with the same change', { prune: true }, { prune: false }, {}, 'pruned'],
  [
    'a Kustomization that stays asks for no deletion policy',
    { prune: true, deletionPolicy: 'Orphan' },
    { prune: true },
    {},
    'pruned',
  ],
  ['it goes, and prunes', { prune: true }, undefined, {}, 'pruned'],
  ['it goes, and prunes nothing', { prune: false }, undefined, {}, 'orphaned'],
  ['it goes, as its pruning says', { prune: true, deletionPolicy: 'MirrorPrune' }, undefined, {}, 'pruned'],
  ['it goes and leaves what it made', { prune: true, deletionPolicy: 'Orphan' }, undefined, {}, 'orphaned'],
  ['it goes and deletes', { prune: false, deletionPolicy: 'Delete' }, undefined, {}, 'pruned'],
  ['it goes and waits', { prune: false, deletionPolicy: 'WaitForTermination' }, undefined, {}, 'pruned'],
  [
    'the object is annotated',
    { prune: true },
    undefined,
    { annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    'annotated',
  ],
  [
    'the object is labelled',
    { prune: true },
    { prune: true },
    { labels: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    'annotated',
  ],
  ['no Kustomization is known of it', undefined, undefined, {}, 'pruned'],
];

describe('the effect on an object whose manifest is removed', () => {
  it.each(rows)('if %s', (_, before, after, more, expected) => {
    const given = object('ConfigMap', more);
    const of = (spec: object | undefined) => new Map(spec === undefined ? [] : [[folder, sync(spec)]]);
    expect(fates([{ object: given, folder }], of(before), of(after)).get(given)).toBe(expected);
  });

  it('it is deleted with its namespace, also if pruning is disabled for it', () => {
    const namespace = object('Namespace');
    const claim = object('PersistentVolumeClaim', {
      namespace: 'a',
      annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
    });
    const before = new Map([['manifests/dev/a', sync({ prune: true })]]);
    const gone = [namespace, claim].map((each) => ({ object: each, folder: 'manifests/dev/a' }));
    expect(fates(gone, before, before).get(claim)).toBe('with-namespace');
    expect(fates(gone.slice(1), before, before).get(claim)).toBe('annotated');
  });
});

it('finds Kustomizations by their folder, and ignores other objects', () => {
  const text = (path: string, apiVersion = 'kustomize.toolkit.fluxcd.io/v1') =>
    `apiVersion: ${apiVersion}\nkind: Kustomization\nmetadata: { name: x }\nspec: { path: ${path} }\n`;
  const files = new Map([
    ['manifests/dev/flux-sync/kustomization-a.yaml', text('./manifests/dev/a')],
    ['manifests/dev/crds/kustomization-b.yaml', text('./')],
    ['manifests/dev/c/kustomization-c.yaml', text('./manifests/dev/c', 'kustomize.config.k8s.io/v1beta1')],
    ['manifests/dev/d/service-d.yaml', text('./manifests/dev/d')],
    ['manifests/dev/e/kustomization-e.yaml', 'kind: ['],
  ]);
  expect([...kustomizations(files).keys()]).toEqual(['manifests/dev/a']);
});
