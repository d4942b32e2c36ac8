import { startHome } from '../src/home.ts';
import type { KubeObject } from '../src/objects.ts';
import { fakeApi, paths } from './fake-api.ts';
import {
  brokenDeployment,
  deployment,
  gitRepository,
  kustomization,
  node,
  route,
  unreadyKustomization,
  warning,
} from './objects.ts';

// The front page with made-up data, to look at while it is designed: node apps/home/test/demo.ts [broken|empty] [PORT]

const [kind = 'good', port = '8090'] = process.argv.slice(2);
const fake = await fakeApi();

/** The objects' times, moved to the last hours. */
const api = {
  ...fake,
  put(path: string, object: KubeObject): void {
    const times = { '2026-03-01T08:00': 3 * 86_400, '2026-03-01T09:00': 260, '2026-03-01T09:05': 90 };
    let text = JSON.stringify(object);
    for (const [time, ago] of Object.entries(times)) {
      text = text.replaceAll(time, new Date(Date.now() - ago * 1_000).toISOString().slice(0, 16));
    }
    fake.put(path, JSON.parse(text) as KubeObject);
  },
};

if (kind !== 'empty') {
  api.put(paths.gitRepositories, gitRepository());
  api.put(paths.nodes, node('plinth-dev-control-plane'));
  for (const name of [
    'platform',
    'flux',
    'gateway-api-crds',
    'traefik',
    'registry',
    'git-server',
    'metrics-server',
  ]) {
    api.put(paths.kustomizations, kustomization(name));
  }
  api.put(paths.kustomizations, kustomization('gateway-api-crds', 'v1.4.0@sha256:30f5c1b7a9d2e4f6a8'));
  const apps = {
    home: "The platform's front page: what runs here, where it answers, and what needs a look.",
    orders: 'Takes orders, and tells the warehouse what to pack.',
    stock: 'Knows what lies where in the warehouse, and what is on its way.',
  };
  for (const [name, summary] of Object.entries(apps)) {
    api.put(paths.deployments, deployment(name, summary));
    api.put(paths.kustomizations, kustomization(name));
    api.put(paths.routes, route(name));
  }
}
if (kind === 'broken') {
  const summary = 'Takes orders, and tells the warehouse what to pack.';
  const orders = brokenDeployment('orders');
  orders.metadata.annotations = { ...orders.metadata.annotations, 'plinth.io/summary': summary };
  api.put(paths.deployments, orders);
  const image = 'registry.dev.localhost/orders:9c1e0d7f2a4b';
  api.put(paths.events, warning('orders', 'Failed', `Failed to pull image "${image}": not found`));
  const health =
    'health check failed after 2m0s: timeout waiting for: [Deployment/orders/orders status: InProgress]';
  api.put(paths.kustomizations, unreadyKustomization('orders', 'False', 'HealthCheckFailed', health));
  const waits = "dependency 'flux-system/orders' is not ready";
  api.put(paths.kustomizations, unreadyKustomization('stock', 'False', 'DependencyNotReady', waits));
}
const home = await startHome({ api: { url: api.url }, port: Number(port) });
console.log(`http://127.0.0.1:${home.port}`);
