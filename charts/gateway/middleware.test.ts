import { describe, expect, it } from 'vitest';
import { chart as signIn } from '../../operators/sign-in/chart.ts';
import signInOperator from '../../operators/sign-in/operator.ts';
import { chart as traefik } from '../../operators/traefik/chart.ts';
import { chart as policies } from '../../operators/traefik-middleware/chart.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import { field, listField } from '../kube/field.ts';
import type { Component, KubeObject } from '../kube/kube-object.ts';
import { toYaml } from '../kube/yaml.ts';

const shop = testApp({
  name: 'shop',
  ports: { http: { port: 8080 }, api: { port: 8081 } },
  exposes: {
    port: 'http',
    paths: { '/api': 'api' },
    redirects: { '/old': '/new' },
    headers: { request: { 'X-From': 'gateway' }, response: { 'X-Frame-Options': 'DENY' } },
    limits: { body: '2Mi', answer: '8Mi', rate: { perSecond: 100, burst: 200 }, inFlight: 5 },
    cors: {
      origins: ['https://www.example.org', 'http://localhost:5173'],
      methods: ['PUT', 'DELETE'],
      headers: ['Authorization'],
      exposedHeaders: ['X-Total'],
      credentials: true,
      maxAge: '1h',
    },
  },
});
const open = testApp({ name: 'open', exposes: { port: 'http', cors: { origins: ['*'] } } });
const calls = testApp({
  name: 'calls',
  exposes: { port: 'http', protocol: 'grpc', headers: { request: { a: 'b' } }, limits: { inFlight: 9 } },
});
const plain = testApp({ name: 'plain', exposes: { port: 'http' } });
const people = testApp({
  name: 'people',
  exposes: { port: 'http', signIn: true, limits: { rate: { perSecond: 10 } } },
});
const apps = [shop, open, calls, plain];
const env = environment({ apps });
const machines = environment({ apps, cluster: { provider: { kind: 'machines' } } });
const withPeople = environment({
  apps: [people, plain],
  operators: [signInOperator],
  cluster: { signIn: { mail: { kind: 'mailpit' } } },
});

function some(component: Component | undefined): Component {
  if (component === undefined) throw new Error('nothing is rendered');
  return component;
}

const middlewares = ({ objects }: Component) => objects.filter(({ kind }) => kind === 'Middleware');
const container = (component: Component): unknown =>
  field(
    find(component, 'Deployment', 'traefik'),
    ...(['spec', 'template', 'spec', 'containers', 0] as const),
  );
const crdArguments = (component: Component) =>
  listField(container(component), 'args').filter((each) => String(each).includes('kubernetesCRD'));

describe('limits and CORS of an app', () => {
  it('become one Middleware each', async () => {
    const all = [shop, open, calls].flatMap((app) => middlewares(appComponent(env, app)));
    await expect(all.map(toYaml).join('---\n')).toMatchFileSnapshot('golden/middlewares.yaml');
    expect(middlewares(appComponent(env, plain))).toEqual([]);
  });

  it('are filters of each rule but redirects: after headers, CORS before limits, bodies last', () => {
    const rules = listField(find(appComponent(machines, shop), 'HTTPRoute', 'shop'), 'spec', 'rules');
    const filters = rules.map((rule) =>
      listField(rule, 'filters').map(
        (filter) => field(filter, 'extensionRef', 'name') ?? field(filter, 'type'),
      ),
    );
    const all = [
      ...['RequestHeaderModifier', 'ResponseHeaderModifier'],
      ...['shop-cors', 'shop-rate', 'shop-in-flight', 'shop-body'],
    ];
    expect(filters).toEqual([['RequestRedirect'], all, all]);
  });

  it('are filters of a gRPC route, which sets no headers of answers', () => {
    const route = find(appComponent(machines, calls), 'GRPCRoute', 'calls');
    expect(listField(route, 'spec', 'rules', 0, 'filters')).toEqual([
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }] } },
      {
        type: 'ExtensionRef',
        extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'calls-in-flight' },
      },
    ]);
  });

  it('are in the namespace of the sign-in proxy for an app that needs a sign-in', () => {
    const proxy = some(signIn(withPeople));
    expect(middlewares(proxy).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'sign-in/people-rate',
    ]);
    const route = find(proxy, 'HTTPRoute', 'people');
    expect(field(route, 'spec', 'rules', 0, 'filters', 0, 'extensionRef', 'name')).toBe('people-rate');
    expect(middlewares(appComponent(withPeople, people))).toEqual([]);
    expect(crdArguments(traefik(withPeople))).toContain('--providers.kubernetesCRD.namespaces=sign-in');
  });
});

describe('Traefik', () => {
  it('reads Middlewares only where an app has one, after their policy, and does not list nodes', () => {
    const component = traefik(env);
    expect(crdArguments(component)).toEqual([
      '--providers.kubernetesCRD=true',
      '--providers.kubernetesCRD.namespaces=shop,open,calls',
      '--providers.kubernetesCRD.disableClusterScopeResources=true',
    ]);
    const readers = component.objects.filter((object) =>
      listField(object, 'rules').some((rule) => listField(rule, 'apiGroups').includes('traefik.io')),
    );
    expect(readers.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual([
      'Role shop',
      'Role open',
      'Role calls',
    ]);
    expect(find(component, 'Deployment', 'traefik').metadata.annotations).toMatchObject({
      'plinth.io/after': 'ValidatingAdmissionPolicyBinding middleware-of-the-graph',
    });
  });

  it('has memory for the bodies of all open requests, three times, and a small bounded folder', () => {
    // 3 × (2Mi + 8Mi) × 5 requests × 2 rules, and 8Mi for the folder.
    expect(field(container(traefik(env)), 'resources')).toEqual({
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { memory: '564Mi' },
    });
    const pod = field(find(traefik(env), 'Deployment', 'traefik'), 'spec', 'template', 'spec');
    expect(field(pod, 'volumes')).toEqual([
      { name: 'bodies', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
    ]);
    expect(field(container(traefik(env)), 'volumeMounts')).toEqual([{ name: 'bodies', mountPath: '/tmp' }]);
  });

  it('is as it was where no app has limits or CORS', () => {
    const component = traefik(environment({ apps: [plain] }));
    expect(crdArguments(component)).toEqual([]);
    expect(JSON.stringify(component.objects.filter(({ kind }) => kind === 'Role'))).not.toContain(
      'middlewares',
    );
    expect(field(container(component), 'resources', 'limits')).toEqual({ memory: '256Mi' });
    expect(policies(environment({ apps: [plain] }))).toBeUndefined();
  });
});

describe('the policy on the kinds of Traefik', () => {
  const component = some(policies(env));
  const asks = (object: KubeObject) => refusals(component, 'middleware-of-the-graph', { object });
  const object = (name: string, spec: object, kind = 'Middleware', namespace = 'shop'): KubeObject => ({
    ...{ apiVersion: 'traefik.io/v1alpha1', kind, metadata: { name, namespace }, spec },
  });
  const counted = { sourceCriterion: { requestHeaderName: 'X-Forwarded-Server' } };
  const sizes = {
    maxRequestBodyBytes: 1,
    memRequestBodyBytes: 1,
    maxResponseBodyBytes: 1,
    memResponseBodyBytes: 1,
  };

  it('admits the rendered Middlewares', () => {
    for (const app of [shop, open, calls])
      for (const each of middlewares(appComponent(env, app))) expect(asks(each)).toEqual([]);
    const ofPeople = some(policies(withPeople));
    for (const each of middlewares(some(signIn(withPeople))))
      expect(refusals(ofPeople, 'middleware-of-the-graph', { object: each })).toEqual([]);
  });

  it.each([
    ...['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP', 'MiddlewareTCP', 'ServersTransport'],
    ...['ServersTransportTCP', 'TLSOption', 'TLSStore', 'TraefikService', 'OfALaterVersion'],
  ])('refuses a %s, in every namespace', (kind) => {
    for (const namespace of ['shop', 'gateway', 'stranger'])
      expect(asks(object('shop-cors', {}, kind, namespace))).toEqual([
        'of the kinds of traefik.io the platform admits Middleware alone: write exposes in app.ts to be reached through the gateway',
      ]);
  });

  it.each([
    ['of another name', 'other', 'shop'],
    ['of another namespace', 'shop-cors', 'stranger'],
    ['of an app without limits', 'plain-cors', 'plain'],
  ])('refuses a Middleware %s', (_, name, namespace) => {
    expect(asks(object(name, { inFlightReq: { amount: 1, ...counted } }, 'Middleware', namespace))).toEqual([
      'no app of the graph has this Middleware: write limits or cors in exposes of app.ts',
    ]);
  });

  it.each([
    ...[
      'addPrefix',
      'basicAuth',
      'chain',
      'circuitBreaker',
      'compress',
      'contentType',
      'digestAuth',
      'errors',
    ],
    ...[
      'forwardAuth',
      'grpcWeb',
      'ipAllowList',
      'ipWhiteList',
      'passTLSClientCert',
      'plugin',
      'redirectRegex',
    ],
    ...['redirectScheme', 'replacePath', 'replacePathRegex', 'retry', 'stripPrefix', 'stripPrefixRegex'],
  ])('refuses a Middleware with %s', (key) => {
    expect(asks(object('shop-cors', { [key]: {} }))).toEqual([
      'a Middleware of the graph has these fields alone: headers, rateLimit, inFlightReq, buffering',
    ]);
  });

  it.each<[string, object, string]>([
    [
      'headers that it writes',
      { headers: { customRequestHeaders: { a: 'b' } } },
      'headers of a Middleware has',
    ],
    ['hosts that it allows', { headers: { allowedHosts: ['x'] } }, 'headers of a Middleware has'],
    ['a count in Redis', { rateLimit: { ...counted, redis: {} } }, 'rateLimit of a Middleware has'],
    ['a count by address', { rateLimit: { sourceCriterion: { ipStrategy: {} } } }, 'counts all requests'],
    [
      'a count by another header',
      { rateLimit: { sourceCriterion: { requestHeaderName: 'X' } } },
      'counts all',
    ],
    ['no way to count', { inFlightReq: { amount: 1 } }, 'inFlightReq of a Middleware counts all requests'],
    [
      'repeated requests',
      { buffering: { ...sizes, retryExpression: 'true' } },
      'buffering of a Middleware has',
    ],
    [
      'a larger body',
      { buffering: { ...sizes, maxRequestBodyBytes: 3 * 2 ** 20 } },
      'buffering of a Middleware holds',
    ],
    [
      'no limit of bodies',
      { buffering: { ...sizes, maxRequestBodyBytes: 0 } },
      'buffering of a Middleware holds',
    ],
    ["Traefik's own sizes", { buffering: {} }, 'buffering of a Middleware holds'],
  ])('refuses a Middleware of the graph with %s', (_, spec, message) => {
    const [refusal, ...others] = asks(object('shop-cors', spec));
    expect(refusal).toContain(message);
    expect(others).toEqual([]);
  });

  it("ignores changes of an object's metadata, so that one can be removed", () => {
    const route = object('x', { routes: [] }, 'IngressRoute');
    expect(refusals(component, 'middleware-of-the-graph', { object: route, oldObject: route })).toEqual([]);
  });
});
