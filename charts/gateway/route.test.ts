import { describe, expect, it } from 'vitest';
import { chart as traefik } from '../../operators/traefik/chart.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import { field, listField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';

const shop = testApp({
  name: 'shop',
  ports: { http: { port: 8080 }, api: { port: 8081 } },
  exposes: {
    port: 'http',
    hosts: ['www'],
    paths: { '/api': 'api' },
    redirects: { '/old': '/new', '/docs': { to: 'https://docs.example.org/shop', permanent: true } },
    headers: { request: { 'X-From': 'gateway' }, response: { 'X-Frame-Options': 'DENY' } },
  },
});
const calls = testApp({ name: 'calls', exposes: { port: 'http', protocol: 'grpc' } });
const kind = environment({ apps: [shop, calls] });
const machines = environment({ apps: [shop, calls], cluster: { provider: { kind: 'machines' } } });

const spec = (env: typeof kind) => find(appComponent(env, shop), 'HTTPRoute', 'shop').spec;
const rules = (env: typeof kind): unknown[] => listField({ spec: spec(env) }, 'spec', 'rules');
const ruleAt = (env: typeof kind, path: string | undefined): unknown =>
  rules(env).find((rule) => field(rule, 'matches', 0, 'path', 'value') === path);

describe('a route', () => {
  it("has every name of the app, and the gateway's policy admits exactly those", () => {
    expect(field({ spec: spec(kind) }, 'spec', 'hostnames')).toEqual([
      'shop.test.localhost',
      'www.test.localhost',
    ]);
    const asks = (object: KubeObject) => refusals(traefik(kind), 'hosts-of-the-graph', { object });
    const own = find(appComponent(kind, shop), 'HTTPRoute', 'shop');
    expect(asks(own)).toEqual([]);
    const more = {
      ...own,
      spec: { ...Object(own.spec), hostnames: ['shop.test.localhost', 'api.test.localhost'] },
    };
    expect(asks(more)).toHaveLength(1);
  });

  it('sends each path to its port, and the rest to the exposed port', () => {
    const portOf = (path: string | undefined) => field(ruleAt(kind, path), 'backendRefs', 0, 'port');
    expect([portOf('/api'), portOf(undefined)]).toEqual([8081, 8080]);
    const [gateway] = listField(find(appComponent(kind, shop), 'NetworkPolicy', 'shop'), 'spec', 'ingress');
    expect(listField(gateway, 'ports').map((port) => field(port, 'port'))).toEqual([8080, 8081]);
  });

  it.each([
    [
      '/old',
      kind,
      {
        scheme: 'https',
        port: 8443,
        path: { type: 'ReplaceFullPath', replaceFullPath: '/new' },
        statusCode: 302,
      },
    ],
    [
      '/old',
      machines,
      {
        scheme: 'https',
        port: 30443,
        path: { type: 'ReplaceFullPath', replaceFullPath: '/new' },
        statusCode: 302,
      },
    ],
    [
      '/docs',
      kind,
      {
        scheme: 'https',
        hostname: 'docs.example.org',
        port: 443,
        path: { type: 'ReplaceFullPath', replaceFullPath: '/shop' },
        statusCode: 301,
      },
    ],
  ])('redirects visitors of %s at their port', (path, env, requestRedirect) => {
    expect(ruleAt(env, path)).toEqual({
      matches: [{ path: { type: 'Exact', value: path } }],
      filters: [{ type: 'RequestRedirect', requestRedirect }],
    });
  });

  it('sets headers with one filter of each kind, including strict transport', () => {
    const filters = listField(ruleAt(machines, '/api'), 'filters');
    expect(filters.map((filter) => field(filter, 'type'))).toEqual([
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
    ]);
    expect(field(filters[1], 'responseHeaderModifier', 'set')).toEqual([
      { name: 'Strict-Transport-Security', value: 'max-age=31536000' },
      { name: 'X-Frame-Options', value: 'DENY' },
    ]);
  });

  it('has the strict transport of the app in place of that of the gateway, in whatever letters it is written', () => {
    const own = testApp({
      name: 'own',
      exposes: { port: 'http', headers: { response: { 'strict-transport-security': 'max-age=60' } } },
    });
    const env = environment({ apps: [own], cluster: { provider: { kind: 'machines' } } });
    const [rule] = listField(find(appComponent(env, own), 'HTTPRoute', 'own'), 'spec', 'rules');
    expect(field(rule, 'filters', 0, 'responseHeaderModifier', 'set')).toEqual([
      { name: 'strict-transport-security', value: 'max-age=60' },
    ]);
  });

  it('of gRPC is a GRPCRoute, whose hosts the same policy checks', () => {
    const route = find(appComponent(kind, calls), 'GRPCRoute', 'calls');
    expect(route.spec).toMatchObject({
      hostnames: ['calls.test.localhost'],
      rules: [{ backendRefs: [{ name: 'calls', port: 8080 }] }],
    });
    expect(refusals(traefik(kind), 'hosts-of-the-graph', { object: route })).toEqual([]);
  });
});
