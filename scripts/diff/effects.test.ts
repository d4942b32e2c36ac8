import { expect, it } from 'vitest';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { effectsOf } from './effects.ts';

const object = (apiVersion: string, kind: string, rest: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'a', namespace: 'n' },
  ...rest,
});

const deployment = (image: string, more: object = {}) =>
  object('apps/v1', 'Deployment', {
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'a', image }] } }, ...more },
  });
const claim = (size: string, storageClassName = 'standard') =>
  object('v1', 'PersistentVolumeClaim', {
    spec: { storageClassName, resources: { requests: { storage: size } } },
  });
const certificate = (spec: object) =>
  object('cert-manager.io/v1', 'Certificate', { spec: { commonName: 'a', ...spec } });
const statefulSet = (spec: object) =>
  object('apps/v1', 'StatefulSet', { spec: { serviceName: 'a', replicas: 1, template: {}, ...spec } });
const database = (spec: object) =>
  object('postgresql.cnpg.io/v1', 'Cluster', { spec: { storage: { size: '2Gi' }, ...spec } });
const route = (host: string) =>
  object('gateway.networking.k8s.io/v1', 'HTTPRoute', { spec: { hostnames: [host] } });
const role = (verb: string) =>
  object('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules: [{ verbs: [verb], resources: ['pods'] }] });

it.each<[string, KubeObject | undefined, KubeObject | undefined, [string, RegExp][]]>([
  ['nothing', deployment('a:1'), deployment('a:1'), []],
  [
    'an image',
    deployment('a:1'),
    deployment('a:2'),
    [['restarts', /replaces its 2 pods: an old one ends when a new one is ready/]],
  ],
  [
    'the image of a workload with a volume',
    deployment('a:1', { strategy: { type: 'Recreate' } }),
    deployment('a:2', { strategy: { type: 'Recreate' } }),
    [['restarts', /unavailable until the new one is ready/]],
  ],
  [
    'a number of pods',
    deployment('a:1'),
    deployment('a:1', { replicas: 3 }),
    [['starts', /runs 3 pods instead of 2/]],
  ],
  ['no pods any more', deployment('a:1'), deployment('a:1', { replicas: 0 }), [['stops', /runs 0 pods/]]],
  [
    'a selector and an image',
    deployment('a:1', { selector: { matchLabels: { a: 'a' } } }),
    deployment('a:2', { selector: { matchLabels: { a: 'b' } } }),
    [
      ['refused', /cannot change spec.selector/],
      ['restarts', /replaces/],
    ],
  ],
  ['a new Deployment', undefined, deployment('a:1'), [['starts', /starts/]]],
  ['a Deployment that goes', deployment('a:1'), undefined, [['stops', /its pods/]]],
  ['a volume that grows', claim('1Gi'), claim('2Gi'), [['other', /in place/]]],
  [
    'a volume that shrinks',
    claim('2Gi'),
    claim('1Gi'),
    [['refused', /storage: a volume can grow and never shrink/]],
  ],
  ['a volume of another class', claim('1Gi'), claim('1Gi', 'fast'), [['refused', /spec.storageClassName/]]],
  ['a volume that goes', claim('1Gi'), undefined, [['lost', /the volume/]]],
  ['a namespace that goes', object('v1', 'Namespace', {}), undefined, [['lost', /everything in it/]]],
  ['a database that goes', database({}), undefined, [['lost', /only backups remain/]]],
  [
    'a smaller database',
    database({}),
    database({ storage: { size: '1Gi' } }),
    [['refused', /spec.storage.size/]],
  ],
  [
    'a database of another version',
    database({ imageName: 'p:15' }),
    database({ imageName: 'p:16' }),
    [['restarts', /one after the other/]],
  ],
  [
    'templates of volumes',
    statefulSet({ volumeClaimTemplates: [{ a: 1 }] }),
    statefulSet({ volumeClaimTemplates: [{ a: 2 }] }),
    [['refused', /spec.volumeClaimTemplates/]],
  ],
  [
    'pods of a StatefulSet',
    statefulSet({}),
    statefulSet({ replicas: 2 }),
    [['starts', /runs 2 pods instead of 1/]],
  ],
  [
    'an IP address that is set',
    object('v1', 'Service', { spec: { clusterIP: '10.0.0.1' } }),
    object('v1', 'Service', { spec: { clusterIP: '10.0.0.2' } }),
    [['refused', /spec.clusterIP/]],
  ],
  [
    'an IP address that the cluster selected',
    object('v1', 'Service', { spec: {} }),
    object('v1', 'Service', { spec: { clusterIP: '10.0.0.2' } }),
    [['other', /in place/]],
  ],
  [
    'a storage class',
    object('storage.k8s.io/v1', 'StorageClass', { reclaimPolicy: 'Delete' }),
    object('storage.k8s.io/v1', 'StorageClass', { reclaimPolicy: 'Retain' }),
    [['refused', /reclaimPolicy/]],
  ],
  [
    'the subjects of a role',
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { name: 'x' } }),
    object('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { name: 'y' } }),
    [['refused', /roleRef/]],
  ],
  [
    'another name in a certificate',
    certificate({}),
    certificate({ commonName: 'b' }),
    [['reissues', /issued again/]],
  ],
  [
    'an earlier renewal',
    certificate({ renewBefore: '1h' }),
    certificate({ renewBefore: '2h' }),
    [['other', /in place/]],
  ],
  ['another host name', route('a.org'), route('b.org'), [['access', /routes b.org instead of a.org/]]],
  ['other rights', role('get'), role('delete'), [['access', /other rights/]]],
  ['a new role', undefined, role('get'), [['access', /get pods/]]],
  [
    'flows',
    object('networking.k8s.io/v1', 'NetworkPolicy', { spec: { egress: [] } }),
    object('networking.k8s.io/v1', 'NetworkPolicy', { spec: { egress: [{}] } }),
    [['access', /other flows/]],
  ],
  [
    'fixed data',
    object('v1', 'ConfigMap', { immutable: true, data: { a: '1' } }),
    object('v1', 'ConfigMap', { immutable: true, data: { a: '2' } }),
    [['refused', /immutable: true/]],
  ],
])('describes the effect of %s', (_, before, after, expected) => {
  const effects = effectsOf(before, after);
  expect(effects.map(({ gravity }) => gravity)).toEqual(expected.map(([gravity]) => gravity));
  for (const [i, [, what]] of expected.entries()) expect(effects[i]?.what).toMatch(what);
});

it('never suggests to delete an object with data', () => {
  for (const effect of [
    ...effectsOf(claim('2Gi'), claim('1Gi')),
    ...effectsOf(database({}), database({ storage: { size: '1Gi' } })),
  ]) {
    expect(effect.next).not.toContain('kubectl delete');
  }
});
