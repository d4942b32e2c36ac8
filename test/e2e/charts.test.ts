import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { ChartServer } from '../services/chart-server.ts';
import { until } from '../until.ts';
import { said, World } from './identity/world.ts';

const name = 'metrics-server';
const file = `operators/${name}/operator.ts`;

/** An operator that is upstream's Helm chart: installed by helm-controller as an account of its own, changed by a commit. */
describe('an upstream Helm chart', () => {
  const world = new World();
  let server: ChartServer;

  const condition = async (kind: string, of: string): Promise<string> =>
    world.probe.kubectl([
      ...['get', kind, '-n', 'flux-system', of],
      ...['-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'],
    ]);

  beforeAll(async () => {
    const moduleVersion = loadLock().binaries[name]?.version ?? '';
    server = await ChartServer.start([
      {
        name,
        module: 'sigs.k8s.io/metrics-server',
        moduleVersion,
        folder: 'charts/metrics-server',
        version: '3.13.0',
      },
    ]);
    vi.stubEnv('PLINTH_REGISTRY_MIRROR', `quay.io=${server.url}`);
    // That mirror has charts and no images.
    vi.stubEnv('PLINTH_SUPPLY', 'build');
    await world.begin(async (checkout) => {
      await rm(join(checkout.root, 'operators', name), { recursive: true });
    });
  }, 20 * 60_000);
  afterAll(async () => {
    await world.end();
    await server.stop();
    vi.unstubAllEnvs();
  });

  it('becomes an operator by one command, with its image, values and flows', async () => {
    const made = await world.checkout.npm('new', 'operator', name, '--chart', `oci://quay.io/charts/${name}`);
    expect(made.exitCode, said(made)).toBe(0);
    const version = loadLock().binaries[name]?.version ?? '';
    await world.checkout.edit(file, (text) =>
      text
        .replace('values: {}', `values: { image: { tag: '${version}' }, args: ['--kubelet-insecure-tls'] }`)
        .replace(
          "answers: [{ to: 'kubernetes-api', port: 10250 }]",
          "calls: [{ to: 'kubernetes-api' }, { to: 'anybody', port: 10250 }],\n        answers: [{ to: 'kubernetes-api', port: 10250 }]",
        )
        .replace(
          '  chart: {',
          "  images: ['metrics-server'],\n  exceptions: [{ rule: 'open-egress', reason: 'It asks the kubelets, which listen on the addresses of the nodes.' }],\n  chart: {",
        ),
    );
  });

  it('is installed with the cluster, and its service works', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    expect(await condition('helmrelease', name)).toBe('True');
    await until(
      async () => /home-\S+\s+\d+m/.test(await world.probe.kubectl(['top', 'pods', '-n', 'home'])),
      'metrics of a pod',
    );
  });

  it('has an account that may change only its own objects', async () => {
    // It ends with 1 where the answer is no.
    const can = (verb: string, resource: string, namespace: string): Promise<boolean> =>
      world.probe
        .kubectl([
          ...['auth', 'can-i', verb, resource, '-n', namespace],
          `--as=system:serviceaccount:flux-system:helm-${name}`,
        ])
        .then(
          () => true,
          () => false,
        );
    expect(await can('update', 'deployments.apps/metrics-server', name)).toBe(true);
    expect(await can('get', 'secrets', 'kube-system')).toBe(false);
    expect(await can('create', 'deployments.apps', 'home')).toBe(false);
  });

  it('is upgraded by a commit', async () => {
    await world.checkout.edit(file, (text) =>
      text.replace('values: {', "values: { podLabels: { team: 'platform' },"),
    );
    const ended = await world.checkout.npm('deploy', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await until(
      async () =>
        (await world.probe.kubectl(['get', 'pods', '-n', name, '-l', 'team=platform', '-o', 'name'])) !== '',
      'a pod with the new label',
    );
    expect(await condition('helmrelease', name)).toBe('True');
  });
});
