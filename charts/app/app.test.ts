import { describe, expect, it } from 'vitest';
import type { AppInput } from '../../model/app.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { field } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { appComponent } from './app.ts';

const container = ['spec', 'template', 'spec', 'containers', 0] as const;

/** The objects of `app` in an environment where it runs beside `others`. */
function objectsOf(app: Partial<AppInput>, others: Parameters<typeof testApp>[0][] = []) {
  const apps = [testApp({ name: 'orders', ...app }), ...others.map(testApp)];
  const [first] = apps;
  if (!first) throw new Error('no app');
  return appComponent(environment({ apps }), first);
}

function names(objects: KubeObject[]): string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}

describe('an app', () => {
  it('without edges and exposes has only its workload and its protection', () => {
    expect(names(objectsOf({}).objects)).toEqual([
      'Deployment orders',
      'Namespace orders',
      'NetworkPolicy default-deny',
      'NetworkPolicy orders',
      'Service orders',
      'ServiceAccount orders',
    ]);
  });

  it('runs in a namespace with the Pod Security level restricted', () => {
    const labels = field(find(objectsOf({}), 'Namespace', 'orders'), 'metadata', 'labels');
    expect(labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  it('keeps serving during an update', () => {
    const deployment = find(objectsOf({}), 'Deployment', 'orders');
    expect(field(deployment, 'spec', 'strategy', 'rollingUpdate')).toEqual({
      maxSurge: 1,
      maxUnavailable: 0,
    });
    expect(field(deployment, ...container, 'lifecycle')).toEqual({ preStop: { sleep: { seconds: 8 } } });
  });

  it('with several replicas is spread over nodes and drained one pod at a time', () => {
    const component = objectsOf({ replicas: 2 });
    expect(field(find(component, 'PodDisruptionBudget', 'orders'), 'spec', 'maxUnavailable')).toBe(1);
    const [pod] = [field(find(component, 'Deployment', 'orders'), 'spec', 'template', 'spec')];
    expect(field(pod, 'topologySpreadConstraints', 0, 'topologyKey')).toBe('kubernetes.io/hostname');
  });

  it('reserves its resources, and its memory limit equals the reservation', () => {
    const deployment = find(
      objectsOf({ resources: { cpu: '250m', memory: '128Mi' } }),
      'Deployment',
      'orders',
    );
    expect(field(deployment, ...container, 'resources')).toEqual({
      requests: { cpu: '250m', memory: '128Mi' },
      limits: { memory: '128Mi' },
    });
  });

  it('has its probes and variables', () => {
    const probes = {
      ready: { path: '/ready', port: 'http', period: 2 },
      live: { path: '/live', port: 'http', failures: 7 },
    };
    const deployment = find(objectsOf({ env: { LOG: 'debug' }, probes }), 'Deployment', 'orders');
    expect(field(deployment, ...container, 'env')).toEqual([{ name: 'LOG', value: 'debug' }]);
    expect(field(deployment, ...container, 'readinessProbe')).toMatchObject({
      httpGet: { path: '/ready', port: 'http' },
      periodSeconds: 2,
    });
    expect(field(deployment, ...container, 'livenessProbe')).toMatchObject({ failureThreshold: 7 });
  });
});

describe('an exposed app', () => {
  const app = testApp({ name: 'orders', exposes: { port: 'http' } });
  const exposed = objectsOf({ exposes: { port: 'http', host: 'shop' } });

  it('answers at its host name through the gateway', () => {
    expect(field(find(exposed, 'HTTPRoute', 'orders'), 'spec')).toEqual({
      parentRefs: [{ name: 'gateway', namespace: 'gateway', sectionName: 'https' }],
      hostnames: ['shop.test.localhost'],
      rules: [{ backendRefs: [{ name: 'orders', port: 8080 }] }],
    });
  });

  it('has its URL for the front page, with the port of this machine', () => {
    const annotations = field(find(exposed, 'Deployment', 'orders'), 'metadata', 'annotations');
    expect(annotations).toEqual({
      'plinth.io/summary': 'The app orders.',
      'plinth.io/url': 'https://shop.test.localhost:8443',
    });
  });

  const onMachines = (ports?: object) =>
    environment({ cluster: { provider: { kind: 'machines', ...(ports ? { ports } : {}) } } });

  it.each([
    ['with the node port, where machines serve it themselves', onMachines(), ':30443'],
    ['without a port, where something before the machines has 443', onMachines({ http: 80, https: 443 }), ''],
  ])('is shown %s', (_, env, port) => {
    const annotations = field(
      find(appComponent(env, app), 'Deployment', 'orders'),
      'metadata',
      'annotations',
    );
    expect(field(annotations, 'plinth.io/url')).toBe(`https://orders.test.localhost${port}`);
  });

  it('makes browsers use HTTPS only, except on a laptop', () => {
    const rule = field(find(appComponent(onMachines(), app), 'HTTPRoute', 'orders'), 'spec', 'rules', 0);
    expect(field(rule, 'filters')).toEqual([
      {
        type: 'ResponseHeaderModifier',
        responseHeaderModifier: { set: [{ name: 'Strict-Transport-Security', value: 'max-age=31536000' }] },
      },
    ]);
  });

  it('accepts traffic from the gateway only', () => {
    expect(field(find(exposed, 'NetworkPolicy', 'orders'), 'spec', 'ingress')).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateway' } } }],
        ports: [{ port: 8080, protocol: 'TCP' }],
      },
    ]);
  });
});

describe('what an app uses', () => {
  const orders = { name: 'orders', uses: [{ kind: 'app' as const, app: 'stock', port: 'grpc' }] };
  const stock = { name: 'stock', ports: { http: { port: 8080 }, grpc: { port: 9000 } } };
  const pods = (name: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
  });
  const ports = [{ port: 9000, protocol: 'TCP' }];

  it('allows egress to the used port', () => {
    const egress = field(find(objectsOf(orders, [stock]), 'NetworkPolicy', 'orders'), 'spec', 'egress');
    expect(egress).toEqual([expect.anything(), { to: [pods('stock')], ports }]);
  });

  it('allows ingress at the used app', () => {
    const ingress = field(find(objectsOf(stock, [orders]), 'NetworkPolicy', 'stock'), 'spec', 'ingress');
    expect(ingress).toEqual([{ from: [pods('orders')], ports }]);
  });

  it('is refused if the used app does not run in the environment', () => {
    expect(() => objectsOf(orders)).toThrow('orders uses stock, which does not run in test');
  });
});

describe('the Kubernetes API', () => {
  const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list' as const] }];
  const reader = objectsOf({ uses: [{ kind: 'kubernetes', reason: 'shows them', rules }] });

  it('gives a role with these rules, a token and network access to an app with the edge', () => {
    expect(field(find(reader, 'ClusterRole', 'app-orders'), 'rules')).toEqual(rules);
    expect(field(find(reader, 'ClusterRoleBinding', 'app-orders'), 'subjects')).toEqual([
      { kind: 'ServiceAccount', name: 'orders', namespace: 'orders' },
    ]);
    const pod = field(find(reader, 'Deployment', 'orders'), 'spec', 'template', 'spec');
    expect(field(pod, 'automountServiceAccountToken')).toBe(true);
    expect(field(find(reader, 'NetworkPolicy', 'orders'), 'spec', 'egress', 1)).toEqual({
      ports: [{ port: 6443, protocol: 'TCP' }],
    });
  });

  it('gives other apps no access', () => {
    const component = objectsOf({});
    const pod = field(find(component, 'Deployment', 'orders'), 'spec', 'template', 'spec');
    expect(field(pod, 'automountServiceAccountToken')).toBe(false);
    expect(field(find(component, 'NetworkPolicy', 'orders'), 'spec', 'egress')).toHaveLength(1);
  });
});
