import { describe, expect, it } from 'vitest';
import { appComponent } from '../../charts/app/app.ts';
import { field, listField } from '../../charts/kube/field.ts';
import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { chart as traefik } from '../traefik/chart.ts';
import { chart, proxyConfig } from './chart.ts';
import operator from './operator.ts';

const stock = testApp({
  name: 'stock',
  ports: { http: { port: 8080 }, grpc: { port: 9443, tls: 'mutual' } },
  uses: [{ kind: 'people' }],
  identity: { reload: 'files' },
});
const shop = testApp({
  name: 'shop',
  ports: { http: { port: 8080 }, api: { port: 8443, tls: 'mutual' } },
  exposes: {
    port: 'http',
    hosts: ['www'],
    paths: { '/api': 'api', '/api/files': 'http' },
    redirects: { '/old': '/new' },
    signIn: true,
  },
  uses: [{ kind: 'people' }, { kind: 'app', app: 'stock', port: 'grpc' }],
  identity: { reload: 'files' },
});
const home = testApp({ name: 'home', exposes: { port: 'http' } });
const env = environment({
  apps: [home, shop, stock],
  operators: [operator],
  cluster: { signIn: { mail: { kind: 'mailpit' } } },
});

function some(component: Component | undefined): Component {
  if (component === undefined) throw new Error('nothing is rendered');
  return component;
}
const proxy = some(chart(env));
const app = appComponent(env, shop);
const variablesOf = (component: Component, name: string) =>
  Object.fromEntries(
    listField(find(component, 'Deployment', name), 'spec', 'template', 'spec', 'containers', 0, 'env').map(
      (each) => [field(each, 'name'), field(each, 'value')],
    ),
  );

describe('an app that needs a sign-in', () => {
  it('has no route of its own: its hosts lead to the proxy, which the policy on routes admits', () => {
    expect(app.objects.map(({ kind }) => kind)).not.toContain('HTTPRoute');
    const route = find(proxy, 'HTTPRoute', 'shop');
    expect(route).toMatchObject({
      metadata: { namespace: 'sign-in' },
      spec: { hostnames: ['shop.test.localhost', 'www.test.localhost'] },
    });
    const backends = listField(route, 'spec', 'rules').flatMap((rule) => listField(rule, 'backendRefs'));
    expect(backends).toEqual([{ name: 'sign-in', port: 8080 }]);
    const asks = (object: KubeObject) => refusals(some(traefik(env)), 'hosts-of-the-graph', { object });
    expect(asks(route)).toEqual([]);
    expect(asks(find(proxy, 'HTTPRoute', 'sign-in'))).toEqual([]);
    expect(asks({ ...route, metadata: { ...route.metadata, namespace: 'shop' } })).toHaveLength(1);
  });

  it('accepts no request from the gateway, and Traefik may not read its namespace', () => {
    const ingress = listField(find(app, 'NetworkPolicy', 'shop'), 'spec', 'ingress');
    expect(JSON.stringify(ingress)).not.toContain('"gateway"');
    expect(ingress[0]).toMatchObject({
      from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'sign-in' } } }],
      ports: [{ port: 8080 }, { port: 8443 }],
    });
    const roles = some(traefik(env)).objects.filter(({ kind }) => kind === 'Role');
    expect(roles.map(({ metadata }) => metadata.namespace).sort()).toEqual([
      'gateway',
      'home',
      'mailpit',
      'sign-in',
    ]);
    expect(field(find(app, 'Namespace', 'shop'), 'metadata', 'labels', 'plinth.io/routes')).toBeUndefined();
  });

  it('accepts the proxy as the only caller of its mTLS port, by client certificate', () => {
    expect(variablesOf(app, 'shop')).toMatchObject({ CALLERS: 'sign-in' });
    expect(find(proxy, 'Certificate', 'shop-client')).toMatchObject({
      metadata: { namespace: 'sign-in' },
      spec: { commonName: 'sign-in', issuerRef: { name: 'shop-ca-1' } },
    });
  });
});

describe('an app that verifies tokens', () => {
  it('gets the address of the keys and the accepted audiences: its own, and those of its callers', () => {
    expect(variablesOf(app, 'shop')).toMatchObject({
      PEOPLE_KEYS: 'https://sign-in.sign-in.svc.cluster.local:8443/keys',
      PEOPLE_IDENTITY_DIR: '/identity/people',
      PEOPLE_ISSUER: 'https://accounts.test.localhost:8443',
      PEOPLE_AUDIENCES: 'shop',
    });
    const callee = appComponent(env, stock);
    expect(variablesOf(callee, 'stock')).toMatchObject({ PEOPLE_AUDIENCES: 'shop', CALLERS: 'shop' });
    expect(find(callee, 'Certificate', 'sign-in-client')).toMatchObject({
      spec: { commonName: 'stock', issuerRef: { name: 'sign-in-ca-1' } },
    });
  });

  it('can reach the port of the keys; besides it only the replicas of the proxy can', () => {
    const [, ...keys] = listField(find(proxy, 'NetworkPolicy', 'sign-in'), 'spec', 'ingress');
    const names = keys.flatMap((flow) =>
      listField(flow, 'from').map((peer) =>
        field(peer, 'podSelector', 'matchLabels', 'app.kubernetes.io/name'),
      ),
    );
    expect(names).toEqual(['sign-in', 'shop', 'stock']);
    expect(keys.flatMap((flow) => listField(flow, 'ports').map((port) => field(port, 'port')))).toEqual([
      8443, 8443,
    ]);
  });
});

describe('the proxy', () => {
  it('has every origin and the target of every path in its configuration, longest path first', () => {
    expect(proxyConfig(env).apps).toEqual([
      {
        name: 'shop',
        origins: ['https://shop.test.localhost:8443', 'https://www.test.localhost:8443'],
        service: 'shop.shop.svc.cluster.local',
        paths: [
          { path: '/api/files', port: 8080, mutual: false },
          { path: '/api', port: 8443, mutual: true },
          { path: '/', port: 8080, mutual: false },
        ],
      },
    ]);
  });

  it('renders no Secret, because Traefik may read the Secrets of its namespace', () => {
    expect(proxy.objects.map(({ kind }) => kind)).not.toContain('Secret');
  });

  it('does not run in an environment without sign-in', () => {
    expect(chart(environment({ apps: [home] }))).toBeUndefined();
  });
});
