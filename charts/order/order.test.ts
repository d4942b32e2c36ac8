import { describe, expect, it } from 'vitest';
import type { OperatorInput } from '../../model/operator.ts';
import { environment } from '../../test/charts/fixture.ts';
import type { Component, KubeObject } from '../kube/kube-object.ts';
import { order } from './order.ts';

const operator = (name: string, given: Partial<OperatorInput> = {}): OperatorInput => ({
  name,
  summary: name,
  namespace: name,
  ...given,
});

/** `Kind.group namespace/name`, or without the namespace. */
function object(id: string, fields: Record<string, unknown> = {}): KubeObject {
  const [, kind = '', group, namespace, name = ''] = /^(\w+)(?:\.(\S+))? (?:([^/]+)\/)?(.+)$/.exec(id) ?? [];
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: group === undefined ? 'v1' : `${group}/v1`, kind, metadata, ...fields };
}

function deployment(id: string, pod: Record<string, unknown>): KubeObject {
  return object(`Deployment.apps ${id}`, { spec: { template: { spec: { containers: [], ...pod } } } });
}

const component = (name: string, ...objects: KubeObject[]): Component => ({ name, objects });

/** From each Kustomization to those it waits for, where it waits for any. */
function dependencies(components: Component[], operators: OperatorInput[] = [], provider = 'kind') {
  const region = provider === 'aws' ? { region: 'eu-central-1', account: '111122223333' } : {};
  const cluster = { provider: { kind: provider, ...region } };
  const { kustomizations, diagnostics } = order(environment({ operators, cluster }), components);
  const waits = kustomizations.filter(({ dependsOn }) => dependsOn.length > 0);
  return {
    waits: Object.fromEntries(waits.map(({ name, dependsOn }) => [name, dependsOn.join(' ')])),
    diagnostics: diagnostics.map(({ code, what, fix }) => `${code}: ${what}; ${fix}`),
  };
}

const waitsFor = (need: KubeObject, provided: KubeObject, operators: OperatorInput[] = []) =>
  dependencies(
    [component('a', object('Namespace a'), need), component('b', object('Namespace b'), provided)],
    operators,
  );

describe('the needs of an object', () => {
  const name = 'x';
  it.each<[string, KubeObject, KubeObject]>([
    ['its namespace', object('ConfigMap c/x'), object('Namespace c')],
    ['a service account', deployment('b/x', { serviceAccountName: name }), object('ServiceAccount b/x')],
    ['a pull secret', deployment('b/x', { imagePullSecrets: [{ name }] }), object('Secret b/x')],
    [
      'a secret as volume',
      deployment('b/x', { volumes: [{ secret: { secretName: name } }] }),
      object('Secret b/x'),
    ],
    [
      'a config as volume',
      deployment('b/x', { volumes: [{ configMap: { name } }] }),
      object('ConfigMap b/x'),
    ],
    [
      'a secret in a projected volume',
      deployment('b/x', { volumes: [{ projected: { sources: [{ secret: { name } }] } }] }),
      object('Secret b/x'),
    ],
    [
      'a claim',
      deployment('b/x', { volumes: [{ persistentVolumeClaim: { claimName: name } }] }),
      object('PersistentVolumeClaim b/x', { spec: { storageClassName: '' } }),
    ],
    [
      'a secret as variable',
      deployment('b/x', { containers: [{ env: [{ valueFrom: { secretKeyRef: { name } } }] }] }),
      object('Secret b/x'),
    ],
    [
      'a config as variables, of a first container',
      deployment('b/x', { initContainers: [{ envFrom: [{ configMapRef: { name } }] }] }),
      object('ConfigMap b/x'),
    ],
    [
      'the same in a CronJob',
      object('CronJob.batch b/x', {
        spec: { jobTemplate: { spec: { template: { spec: { serviceAccountName: name } } } } },
      }),
      object('ServiceAccount b/x'),
    ],
    [
      'a priority',
      deployment('a/x', { priorityClassName: name }),
      object('PriorityClass.scheduling.k8s.io x'),
    ],
    [
      'a storage class',
      object('PersistentVolumeClaim a/x', { spec: { storageClassName: name } }),
      object('StorageClass.storage.k8s.io x'),
    ],
    [
      'the default storage class',
      object('StatefulSet.apps a/x', { spec: { volumeClaimTemplates: [{ spec: {} }] } }),
      object('StorageClass.storage.k8s.io x', {
        metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      }),
    ],
    [
      'a role',
      object('RoleBinding.rbac.authorization.k8s.io b/y', { roleRef: { kind: 'Role', name } }),
      object('Role.rbac.authorization.k8s.io b/x'),
    ],
    [
      'its kind',
      object('Thing.example.org a/x'),
      object('CustomResourceDefinition.apiextensions.k8s.io things.example.org', {
        spec: { group: 'example.org', names: { kind: 'Thing' } },
      }),
    ],
  ])('%s', (_title, need, provided) => {
    expect(waitsFor(need, provided)).toEqual({ waits: { a: 'b' }, diagnostics: [] });
  });

  it.each([
    ['is optional', deployment('a/x', { volumes: [{ secret: { secretName: 'x', optional: true } }] })],
    ['is in every namespace', deployment('a/x', { volumes: [{ configMap: { name: 'kube-root-ca.crt' } }] })],
    ['is an account of each namespace', deployment('a/x', { serviceAccountName: 'default' })],
    ['is an image of others', deployment('a/x', { containers: [{ image: 'ghcr.io/x/y:1' }] })],
    ['is a namespace of Kubernetes', object('ConfigMap kube-system/x')],
    [
      'is a role of Kubernetes',
      object('ClusterRoleBinding.rbac.authorization.k8s.io x', {
        roleRef: { kind: 'ClusterRole', name: 'system:auth-delegator' },
      }),
    ],
  ])('needs nothing if it %s', (_title, need) => {
    expect(dependencies([component('a', object('Namespace a'), need)])).toEqual({
      waits: {},
      diagnostics: [],
    });
  });
});

describe('custom resources', () => {
  const thing = operator('things', { crds: ['thing-crds'], provides: { kinds: ['Thing.example.org'] } });
  const things = component('things', object('Namespace things'));

  it('depend on the artifact with their kind, and so does the operator', () => {
    const user = component('a', object('Namespace a'), object('Thing.example.org a/x'));
    expect(dependencies([user, things], [thing]).waits).toEqual({ a: 'thing-crds', things: 'thing-crds' });
  });

  it('also depend on the operator whose webhook checks them', () => {
    const guarded = { ...thing, provides: { kinds: ['Thing.example.org'], webhooks: ['Thing.example.org'] } };
    const user = component('a', object('Namespace a'), object('Thing.example.org a/x'));
    const own = component('things', object('Namespace things'), object('Thing.example.org things/x'));
    expect(dependencies([user, own], [guarded]).waits).toEqual({
      a: 'thing-crds things',
      things: 'thing-crds',
    });
  });

  it('of the gateway depend on the class and the Gateway that they name', () => {
    const group = 'gateway.networking.k8s.io';
    const kinds = ['GatewayClass', 'Gateway', 'HTTPRoute'].map((kind) => `${kind}.${group}`);
    const gateway = operator('gateway', { crds: ['gateway-crds'], provides: { kinds, classes: ['x'] } });
    const app = component(
      'app',
      object('Namespace app'),
      object(`HTTPRoute.${group} app/x`, {
        spec: { parentRefs: [{ name: 'g', namespace: 'edge' }], rules: [{ backendRefs: [{ name: 'x' }] }] },
      }),
      object('Service app/x'),
    );
    const edge = component(
      'edge',
      object('Namespace edge'),
      object(`Gateway.${group} edge/g`, { spec: { gatewayClassName: 'x' } }),
    );
    const { waits, diagnostics } = dependencies([app, edge, component('gateway')], [gateway]);
    expect(diagnostics).toEqual([]);
    expect(waits).toEqual({
      app: 'edge gateway-crds',
      edge: 'gateway gateway-crds',
      gateway: 'gateway-crds',
    });
  });
});

describe('refusals', () => {
  it('names both objects of a missing dependency, and suggests a similar one', () => {
    const need = deployment('a/x', { volumes: [{ secret: { secretName: 'pasword' } }] });
    const { diagnostics } = waitsFor(need, object('Secret a/password'));
    expect(diagnostics).toEqual([
      "nobody-provides: in test, Deployment a/x needs Secret a/pasword; did you mean 'Secret a/password'?",
    ]);
  });

  it('needs a registry for built images', () => {
    const image = 'registry.test.localhost/x:1';
    const app = component('app', object('Namespace app'), deployment('app/x', { containers: [{ image }] }));
    expect(dependencies([app]).diagnostics[0]).toMatch('needs images of registry.test.localhost');
    const holder = operator('images', { provides: { imageHost: 'registry' } });
    expect(dependencies([app, component('images')], [holder]).waits).toEqual({ app: 'images' });
  });

  it('reports a kind without a definition', () => {
    const { diagnostics } = dependencies([component('a', object('Thing.example.org x'))]);
    expect(diagnostics[0]).toMatch(
      /Thing x needs kind Thing.example.org; name Thing.example.org under provides.kinds/,
    );
  });

  it('needs a default storage class on machines, but not on clouds', () => {
    const claim = component('a', object('Namespace a'), object('PersistentVolumeClaim a/x'));
    expect(dependencies([claim], [], 'machines').diagnostics).toHaveLength(1);
    expect(dependencies([claim], [], 'aws').diagnostics).toEqual([]);
  });

  it('reports the objects of a cycle', () => {
    const a = component('a', object('Namespace a'), object('Secret b/x'));
    const b = component('b', object('Namespace b'), object('Secret a/x'));
    expect(dependencies([a, b]).diagnostics).toEqual([
      'order-cycle: in test, a dependency cycle of components: a waits for b (Secret b/x needs Namespace b), ' +
        'b waits for a (Secret a/x needs Namespace a); move one of the objects into another component',
    ]);
  });

  it('refuses reserved names', () => {
    const things = operator('things', { crds: ['thing-crds'] });
    const { diagnostics } = dependencies(
      [component('platform'), component('flux-sync'), component('thing-crds'), component('things')],
      [things],
    );
    expect(diagnostics.map((diagnostic) => diagnostic.replace(/;.*/, ''))).toEqual([
      "name-taken: 'flux-sync' is already the name of the folder that Flux reads first",
      "name-taken: 'platform' is already the name of the Kustomization that applies all others",
      "name-taken: 'thing-crds' is already the name of the artifact thing-crds",
    ]);
  });

  it('refuses objects that Kubernetes itself creates', () => {
    const { diagnostics } = dependencies([component('kube-system', object('Namespace kube-system'))]);
    expect(diagnostics[0]).toMatch('kube-system has Namespace kube-system, and so does Kubernetes itself');
  });

  it('reports two components with the same object, but not two kinds with the same name', () => {
    const two = [
      component('a', object('ClusterRole.rbac.authorization.k8s.io x')),
      component('b', object('Node x')),
    ];
    expect(dependencies(two).diagnostics).toEqual([]);
    two.push(component('c', object('Node x')));
    expect(dependencies(two).diagnostics).toEqual([
      'two-owners: in test, c has Node x, and so does b; remove it from one of them, or rename it',
    ]);
  });
});
