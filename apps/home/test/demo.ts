import { startHome } from '../src/home.ts';
import type { KubeObject } from '../src/objects.ts';
import { type FakeApi, fakeApi, paths } from './fake-api.ts';
import { fakeMetrics, hourOf } from './fake-metrics.ts';
import { fakeStore } from './fake-store.ts';
import {
  brokenDeployment,
  certificate,
  deployment,
  gitRepository,
  kustomization,
  node,
  pod,
  route,
  toldRepository,
  unreadyKustomization,
  warning,
} from './objects.ts';

/** What a made-up cluster is like. */
export const demos = ['good', 'broken', 'empty', 'elsewhere'] as const;
export type Demo = (typeof demos)[number];

/** Puts a made-up cluster into the fake API server; its times are of the last days. */
export function fill(fake: FakeApi, kind: Demo): void {
  const put = (path: string, object: KubeObject): void => fake.put(path, recent(object));
  if (kind === 'empty') return;
  put(paths.gitRepositories, kind === 'elsewhere' ? elsewhere() : toldRepository());
  put(paths.nodes, node('plinth-dev-control-plane'));
  for (const [name, image] of Object.entries(parts)) {
    put(paths.kustomizations, kustomization(name));
    if (image !== '') put(paths.deployments, platformDeployment(name, image));
  }
  put(paths.kustomizations, kustomization('gateway-api-crds', 'v1.4.0@sha256:30f5c1b7a9d2e4f6a8'));
  for (const [name, summary] of Object.entries(apps)) {
    put(paths.deployments, deployment(name, summary));
    put(paths.kustomizations, kustomization(name));
    put(paths.routes, route(name));
  }
  for (const name of ['orders-rw', 'stock-ro']) put(paths.certificates, certificate(name, 'orders'));
  if (kind === 'broken') breakThings(put);
}

const parts = {
  platform: '',
  flux: 'source-controller:v1.9.5',
  traefik: 'traefik:v3.6.12',
  registry: 'registry:3.1.2',
  'git-server': 'git-server:1.1.0',
  'metrics-server': 'metrics-server:v0.9.0',
};

const apps = {
  home: "The platform's front page: what runs here, where it answers, and what needs a look.",
  orders: 'Takes orders, and tells the warehouse what to pack.',
  stock: 'Knows what lies where in the warehouse, and what is on its way.',
};

function breakThings(put: (path: string, object: KubeObject) => void): void {
  const orders = brokenDeployment('orders');
  orders.metadata.annotations = { ...orders.metadata.annotations, 'plinth.io/summary': apps.orders };
  put(paths.deployments, orders);
  const image = 'registry.dev.localhost/orders:9c1e0d7f2a4b';
  const message = `Back-off pulling image "${image}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`;
  put(paths.pods, pod('orders', { state: { waiting: { reason: 'ImagePullBackOff', message } } }));
  const slow = warning(
    'metrics-server',
    'Unhealthy',
    'Readiness probe failed: HTTP probe failed with statuscode: 500',
  );
  slow.count = 4;
  put(paths.events, slow);
  const health =
    'health check failed after 2m0s: timeout waiting for: [Deployment/orders/orders status: InProgress]';
  put(paths.kustomizations, unreadyKustomization('orders', 'False', 'HealthCheckFailed', health));
  const waits = "dependency 'flux-system/orders' is not ready";
  put(paths.kustomizations, unreadyKustomization('stock', 'False', 'DependencyNotReady', waits));
  const metrics = platformDeployment('metrics-server', parts['metrics-server']);
  if (metrics.status) metrics.status.readyReplicas = 0;
  put(paths.deployments, metrics);
  const ended = { exitCode: 137, reason: 'OOMKilled' };
  put(paths.pods, pod('metrics-server', { restartCount: 7, lastState: { terminated: ended } }));
}

/** A workload that is no app. */
function platformDeployment(name: string, image: string) {
  const made = deployment(name);
  delete made.metadata.annotations;
  made.metadata.labels = { 'kustomize.toolkit.fluxcd.io/name': name };
  if (made.spec) made.spec.template = { spec: { containers: [{ image: `registry.example.org/${image}` }] } };
  return made;
}

/** The manifests are held outside: nobody tells who changed what. */
function elsewhere() {
  const repository = gitRepository();
  return { ...repository, spec: { ...repository.spec, url: 'https://git.example.org/team/platform' } };
}

function recent(object: KubeObject): KubeObject {
  const ago = {
    '2026-03-01T08:00': 3 * 86_400,
    '2026-03-01T09:00': 260,
    '2026-03-01T09:05': 90,
    '2026-04-30T08:00': -57 * 86_400,
    '2026-05-30T08:00': -87 * 86_400,
  };
  let text = JSON.stringify(object);
  for (const [time, seconds] of Object.entries(ago)) {
    text = text.replaceAll(time, new Date(Date.now() - seconds * 1_000).toISOString().slice(0, 16));
  }
  return JSON.parse(text) as KubeObject;
}

/** Two groups of errors, as VictoriaLogs answers them. */
function demoErrors(): string {
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const groups = [
    {
      'k8s.namespace.name': 'orders',
      _msg: 'order <UUID> was not confirmed',
      thrown: 'Error: connect ECONNREFUSED <IP4>:<N>',
      place: 'confirm (/app/dist/server.mjs:<N>:<N>)',
      count: '12',
      first: ago(2_880),
      last: ago(3),
      newest: '{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}',
    },
    {
      'k8s.namespace.name': 'stock',
      _msg: 'no place left in row <N>',
      count: '1',
      first: ago(40),
      last: ago(40),
    },
  ];
  return groups.map((group) => JSON.stringify(group)).join('\n');
}

// The front page with made-up data, to look at while it is designed: node apps/home/test/demo.ts [KIND] [PORT]
if (import.meta.main) {
  const [kind = 'good', port = '8090'] = process.argv.slice(2);
  const known = demos.find((name) => name === kind);
  if (known === undefined) throw new Error(`no '${kind}': there are ${demos.join(', ')}`);
  const fake = await fakeApi();
  fill(fake, known);
  const metrics = await fakeMetrics(Object.keys(apps).flatMap(hourOf));
  const logs = await fakeStore('victoria-logs', () => (known === 'broken' ? demoErrors() : ''));
  const home = await startHome({ api: { url: fake.url }, port: Number(port), stores: { metrics, logs } });
  console.log(`http://127.0.0.1:${home.port}`);
}
