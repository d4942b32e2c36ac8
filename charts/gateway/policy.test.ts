import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chart as cloudnativePg } from '../../operators/cloudnative-pg/chart.ts';
import { chart as traefik } from '../../operators/traefik/chart.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import { databaseComponent } from '../database/database.ts';
import { field, listField } from '../kube/field.ts';
import { isIfAbsent } from '../kube/if-absent.ts';
import type { KubeObject } from '../kube/kube-object.ts';

const home = testApp({ name: 'home', exposes: { port: 'http' } });
const shop = testApp({ name: 'shop', exposes: { port: 'http', host: 'www' }, database: { storage: '1Gi' } });
const plain = testApp({ name: 'plain' });
const env = environment({ apps: [home, plain, shop] });
const component = traefik(env);

function route(namespace: string, hostnames: string[] | undefined, more: object = {}): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'x', namespace },
    spec: {
      ...(hostnames ? { hostnames } : {}),
      rules: [{ backendRefs: [{ group: '', kind: 'Service', name: 'x', port: 80 }] }],
      ...more,
    },
  };
}

describe('the policy on routes', () => {
  const asks = (object: KubeObject, oldObject?: KubeObject) =>
    refusals(component, 'hosts-of-the-graph', { object, ...(oldObject ? { oldObject } : {}) });

  it('admits the rendered routes', () => {
    for (const app of [home, shop]) {
      expect(asks(find(appComponent(env, app), 'HTTPRoute', app.name))).toEqual([]);
    }
    for (const name of ['ready', 'to-https']) expect(asks(find(component, 'HTTPRoute', name))).toEqual([]);
  });

  it.each<[string, string, string[] | undefined]>([
    ["another app's host", 'shop', ['home.test.localhost']],
    ["another app's host beside its own", 'shop', ['www.test.localhost', 'home.test.localhost']],
    ["an app's host from a namespace that is no app's", 'stranger', ['home.test.localhost']],
    ['a host of an app that has none', 'plain', ['plain.test.localhost']],
    ['every host of the domain', 'home', ['*.test.localhost']],
    ['every host, by an empty list', 'home', []],
    ['every host, by none', 'home', undefined],
  ])('refuses %s', (_, namespace, hostnames) => {
    expect(asks(route(namespace, hostnames))[0]).toContain('no app of the graph gives');
  });

  it('admits exactly the hosts of each app', () => {
    const hosts = new Map([
      ['home', 'home.test.localhost'],
      ['shop', 'www.test.localhost'],
    ]);
    const names = fc.constantFrom(...hosts.values(), 'plain.test.localhost', '*.localhost', 'test.localhost');
    fc.assert(
      fc.property(
        fc.constantFrom('home', 'shop', 'plain', 'stranger'),
        fc.array(names, { minLength: 1, maxLength: 3 }),
        (space, asked) => {
          const own = asked.every((name) => name === hosts.get(space));
          expect(asks(route(space, asked)).length === 0).toBe(own);
        },
      ),
    );
  });

  it.each([
    ['of another namespace', { name: 'x', namespace: 'shop' }],
    ['of Traefik itself', { group: 'traefik.io', kind: 'TraefikService', name: 'api@internal' }],
  ])('refuses a route to a Service %s', (_, to) => {
    expect(asks(route('home', ['home.test.localhost'], { rules: [{ backendRefs: [to] }] }))).toEqual([
      'a route of the graph leads to Services of its own namespace alone',
    ]);
  });

  it("ignores changes of a route's metadata", () => {
    const strange = route('stranger', ['home.test.localhost']);
    expect(asks(strange, strange)).toEqual([]);
  });
});

describe('the policy on Gateways', () => {
  const gateway = (namespace: string, gatewayClassName: string): KubeObject => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'mine', namespace },
    spec: { gatewayClassName },
  });
  const asks = (object: KubeObject) => refusals(component, 'gateways-of-the-platform', { object });

  it('refuses further listeners and Gateways', () => {
    expect(asks(find(component, 'Gateway', 'gateway'))).toEqual([]);
    expect(asks(gateway('home', 'traefik'))[0]).toContain('the platform has one Gateway, gateway/gateway');
    expect(asks(gateway('home', 'of-somebody-else'))).toEqual([]);
  });
});

describe('the label by which the Gateway takes routes', () => {
  const asks = (object: KubeObject, oldObject?: KubeObject) =>
    refusals(component, 'namespaces-with-routes', { object, ...(oldObject ? { oldObject } : {}) });
  const named = (name: string, labels?: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, ...(labels ? { labels } : {}) },
  });
  const labels = { 'plinth.io/routes': 'gateway' };

  it('is the label that the Gateway selects', () => {
    expect(listField(find(component, 'Gateway', 'gateway'), 'spec', 'listeners')).toMatchObject([
      { name: 'http', allowedRoutes: { namespaces: { from: 'Same' } } },
      {
        name: 'https',
        allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: labels } } },
      },
    ]);
  });

  it('is on the namespaces of exposed apps and of the gateway, in every component that has them', () => {
    const database = databaseComponent(env, shop);
    if (database === undefined) throw new Error('shop has no database');
    const spaces = [
      ...[find(component, 'Namespace', 'gateway'), find(appComponent(env, home), 'Namespace', 'home')],
      find(database, 'Namespace', 'shop'),
    ];
    for (const space of spaces) {
      expect(space.metadata.labels).toMatchObject(labels);
      expect(asks(space)).toEqual([]);
    }
    expect(find(appComponent(env, plain), 'Namespace', 'plain').metadata.labels).not.toMatchObject(labels);
  });

  it('is refused on other namespaces, on creation and on changes', () => {
    for (const name of ['plain', 'stranger', 'kube-system']) {
      expect(asks(named(name, labels))[0]).toContain('plinth.io/routes is theirs');
      expect(asks(named(name, labels), named(name))).toHaveLength(1);
      expect(asks(named(name, labels), named(name, { a: 'b' }))).toHaveLength(1);
      expect(asks(named(name, { a: 'b' }))).toEqual([]);
      expect(asks(named(name))).toEqual([]);
    }
  });
});

describe('Traefik', () => {
  const roles = component.objects.filter(({ kind }) => kind === 'Role');

  it('reads Secrets only in namespaces that it serves', () => {
    const readers = component.objects
      .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
      .filter((role) =>
        listField(role, 'rules').some((rule) => listField(rule, 'resources').includes('secrets')),
      );
    expect(readers.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual([
      'Role gateway',
      'Role home',
      'Role shop',
    ]);
  });

  it('watches only namespaces in which it has these rights', () => {
    const args = listField(
      find(component, 'Deployment', 'traefik'),
      ...(['spec', 'template', 'spec', 'containers', 0, 'args'] as const),
    );
    const spaces = roles.map(({ metadata }) => metadata.namespace).join(',');
    expect(args).toContain(`--providers.kubernetesGateway.namespaces=${spaces}`);
    const bound = component.objects.filter(({ kind }) => kind === 'RoleBinding');
    expect(bound.map(({ metadata }) => metadata.namespace).join(',')).toBe(spaces);
  });

  it('creates a missing namespace only if it does not exist yet', () => {
    expect(component.objects.filter(isIfAbsent).map(({ metadata }) => metadata.name)).toEqual([
      'home',
      'shop',
    ]);
    expect(isIfAbsent(find(component, 'Namespace', 'gateway'))).toBe(false);
    expect(find(component, 'Namespace', 'home').metadata).toMatchObject({
      annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
  });

  it('is ready when a request passes through a route', () => {
    const probe = field(
      find(component, 'Deployment', 'traefik'),
      ...(['spec', 'template', 'spec', 'containers', 0, 'readinessProbe', 'httpGet'] as const),
    );
    expect(field(probe, 'port')).toBe('http');
    const [host] = listField(find(component, 'HTTPRoute', 'ready'), 'spec', 'hostnames');
    expect(listField(probe, 'httpHeaders')).toEqual([{ name: 'Host', value: host }]);
  });
});

describe('CloudNativePG', () => {
  const operator = cloudnativePg(env);
  const username = 'system:serviceaccount:cnpg-system:cloudnative-pg';
  const asks = (namespace: string, labels: Record<string, string>, who = username) =>
    refusals(operator, 'databases-alone', { username: who, namespace, labels });

  it('works only in its own namespace and in those of databases', () => {
    const database = databaseComponent(env, shop);
    if (database === undefined) throw new Error('shop has no database');
    expect(asks('shop', find(database, 'Namespace', 'shop').metadata.labels ?? {})).toEqual([]);
    expect(asks('cnpg-system', {})).toEqual([]);
    for (const space of ['flux-system', 'kube-system', 'home']) {
      expect(asks(space, { a: 'b' })[0]).toContain('labelled plinth.io/databases alone');
      expect(asks(space, {})).toHaveLength(1);
      expect(asks(space, {}, 'somebody')).toEqual([]);
    }
  });
});
