import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Engine, findEngine } from '../../images/index.ts';
import { kubeconfigPath, readKubeconfig } from '../../scripts/cluster/client.ts';
import { nodeKubectl } from '../../scripts/cluster/node-kubectl.ts';
import { visit } from '../../scripts/cluster/visit.ts';
import { nodeContainers } from '../../scripts/kind/kind-nodes.ts';
import { readRecord, recordPath } from '../../scripts/kind/record.ts';
import { readDefinitions, serveDefinitions } from '../../scripts/verify/definitions.ts';
import { until } from '../until.ts';
import { Checkout, type Ended } from './checkout.ts';
import { showAccepted } from './dry-run.ts';
import { reaches, startProbes } from './flows.ts';
import { seesAnAppBreakAndMend } from './front-page.ts';
import { gatewayPlace, servesByHttps } from './gateway.ts';
import { identityStory } from './identity/story.ts';
import { World, withTwoMoreApps } from './identity/world.ts';
import { intrudesFromMachine, intrudesFromPod, runsByDigest } from './intruder.ts';
import { loseProcesses } from './lose-processes.ts';
import { machineState } from './machine-state.ts';
import { ManifestClone } from './manifest-clone.ts';
import { rightsRefusals } from './rights-refusals.ts';

const cluster = 'e2e-dev';
const ports = { http: 18080, https: 18443, registry: 15002 };
const host = 'home.dev.localhost';

/** One story on one cluster, from its creation to its removal; each step needs the one before it. */
describe('a platform on this machine', () => {
  let checkout: Checkout;
  let before: string[];
  const world = new World(cluster);

  beforeAll(async () => {
    checkout = await Checkout.make(cluster, ports);
    process.env.PLINTH_STATE = checkout.state;
    await withTwoMoreApps(checkout);
    // What an earlier run left goes first, and with it an engine that serves no other cluster.
    await checkout.npm('init-cluster', '--down', '--yes');
    before = await machineState();
  });

  afterAll(async () => {
    const engine = await findEngine();
    if (engine !== undefined && (await nodeContainers(engine, cluster)).length > 0) {
      await checkout.npm('init-cluster', '--down', '--yes');
    }
    await checkout.remove();
  });

  it('refuses an invalid cluster.yaml with file, line and column, and creates nothing', async () => {
    await checkout.edit('clusters/dev/cluster.yaml', (text) => text.replace('domain:', 'domian:'));
    const ended = await checkout.npm('init-cluster');
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toMatch(/clusters\/dev\/cluster\.yaml:\d+:\d+/);
    expect(ended.stderr).toContain('domain');
    expect(existsSync(join(checkout.state, cluster, 'kind.yaml'))).toBe(false);
    await checkout.edit('clusters/dev/cluster.yaml', (text) => text.replace('domian:', 'domain:'));
  });

  it('is killed while the nodes start', async () => {
    await checkout.npmKilledAt(/kind create cluster/, 'init-cluster', 6_000);
    expect(await readRecord(cluster)).toMatchObject({ phase: 'unfinished' });
  });

  it('continues with the same command until Flux has applied the manifests', async () => {
    const ended = await checkout.npm('init-cluster', '--json');
    expect(said(ended), said(ended)).toContain('Flux has applied the manifests');
    expect(ended.exitCode, said(ended)).toBe(0);
    for (const { title, seconds } of JSON.parse(ended.stdout).phases)
      console.log(`${title}: ${seconds.toFixed(1)} s`);
  });

  it('serves the state of all apps through the gateway', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.body).toContain('home');
    const state = JSON.parse((await get('/api/state')).body);
    expect(JSON.stringify(state)).toContain('traefik');
  });

  it('changes nothing when it runs again', async () => {
    const pods = await podUids();
    const ended = await checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    const phases: { title: string; seconds: number }[] = JSON.parse(ended.stdout).phases;
    console.log(`a second run: ${phases.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)} s`);
    expect(await podUids()).toEqual(pods);
  });

  it('accepts every object of the accepted edge cases', async () => {
    const config = readKubeconfig(kubeconfigPath(cluster));
    // No app of this cluster has limits at the gateway, so it lacks their kinds.
    await serveDefinitions(config, await readDefinitions(['traefik-crds'], console.log));
    const { objects, refused } = await showAccepted(config);
    console.log(`${objects} objects were shown to the API server`);
    expect(refused).toEqual([]);
  });

  it('allows exactly the declared flows, on every node', async () => {
    await expectDeclaredFlows();
  });

  describe('keeps the data of its databases', () => {
    const kubeconfig = () => kubeconfigPath(cluster);
    let uid = '';

    it('as a row in the database of orders, from here on', async () => {
      uid = await clusterUid();
      await inOrders("create table e2e_kept (note text); insert into e2e_kept values ('precious')");
    });

    const losses: [string, () => Promise<void>][] = [
      ['the kubeconfig is gone', () => rm(kubeconfig())],
      ['the kubeconfig is cut short', () => writeFile(kubeconfig(), 'apiVersion: v1\nclusters:\n- clus')],
      ['the record cannot be read', () => writeFile(recordPath(cluster), '{"phase":')],
      ['the state folder is gone', () => rm(join(checkout.state, cluster), { recursive: true })],
    ];

    it.each(losses)('if %s, and recovers with the same command', async (_, lose) => {
      await lose();
      const ended = await checkout.npm('init-cluster');
      expect(ended.exitCode, said(ended)).toBe(0);
      await expectKept();
      expect(existsSync(kubeconfig())).toBe(true);
      expect(await readRecord(cluster)).toMatchObject({ phase: 'finished' });
      expect((await get('/')).status).toBe(200);
    });

    it('if cluster.yaml describes another cluster, which is refused with each differing field', async () => {
      await changed(`http: ${ports.http}`, `http: ${ports.http + 1}`, 'provider.ports.http: 18080 → 18081');
    });

    it('if --down runs without a terminal, which lists the data and removes nothing', async () => {
      const ended = await checkout.npm('init-cluster', '--down');
      expect(ended.exitCode, said(ended)).toBe(1);
      expect(said(ended)).toContain('database orders/orders-db');
      expect(said(ended)).toContain('volume git-server/git-server');
      expect(said(ended)).toContain('--down --yes');
      await expectKept();
    });

    /** Describes another cluster, expects the differences in the refusal, and restores the description. */
    async function changed(from: string | RegExp, to: string, told: string): Promise<void> {
      const file = join(checkout.root, 'clusters/dev/cluster.yaml');
      const before = await readFile(file, 'utf8');
      await checkout.edit('clusters/dev/cluster.yaml', (text) => text.replace(from, to));
      const ended = await checkout.npm('init-cluster');
      await writeFile(file, before);
      expect(ended.exitCode, said(ended)).toBe(1);
      expect(said(ended)).toContain(told);
      expect(said(ended)).toMatch(/--down deletes its databases \(.*orders-db.*\)/);
      await expectKept();
    }

    async function expectKept(): Promise<void> {
      expect(await clusterUid()).toBe(uid);
      await until(
        async () => (await inOrders('select note from e2e_kept')) === 'precious',
        'the row of before',
      );
    }
  });

  it('allows neither a pod nor another user of this machine to join as a node or write to a registry', async () => {
    const engine = await theEngine();
    await intrudesFromPod(engine, cluster, {
      namespace: 'stranger',
      pod: `pod/probe-${cluster}-control-plane`,
    });
    await intrudesFromMachine(cluster, ports.registry);
  });

  it('runs every pod by the digest of its image', async () => {
    await runsByDigest(await theEngine(), cluster);
  });

  rightsRefusals(cluster, host);

  it('has the storage class from Git, not from Kind', async () => {
    const engine = await theEngine();
    const standIn = ['get', 'configmap', '-n', 'kube-system', 'kind-storage', '-o', 'name'];
    expect(await nodeKubectl(engine, cluster, standIn)).toBe('configmap/kind-storage');
    const classes = ['get', 'storageclass', '-o', 'jsonpath={.items[*].metadata.labels}'];
    expect(await nodeKubectl(engine, cluster, classes)).toContain('kustomize.toolkit.fluxcd.io/name');
  });

  it('serves HTTPS with a certificate of its own CA, and redirects HTTP', async () => {
    await servesByHttps(await gatewayPlace(cluster, host, ports.https), ports.http, 'dev.localhost');
  });

  it('reports its state for people and for programs', async () => {
    const text = await checkout.npm('status');
    expect(text.exitCode, said(text)).toBe(0);
    expect(text.stdout).toContain(`https://${host}:${ports.https}`);
    const json = await checkout.npm('status', '--json');
    expect(JSON.parse(json.stdout)).toBeTruthy();
  });

  it('deploys a changed description', async () => {
    const marker = 'plinth-e2e-was-here';
    await checkout.edit('apps/home/app.ts', (text) =>
      text.replace(/summary: ['"]/, (found) => `${found}${marker} `),
    );
    const started = performance.now();
    const ended = await checkout.npm('deploy', '-m', 'Mark the summary');
    expect(ended.exitCode, said(ended)).toBe(0);
    await until(async () => (await get('/')).body.includes(marker), 'the page to show the new summary');
    console.log(`changed file to changed page: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  });

  it('deploys a changed source as a new image and a new pod', async () => {
    const pods = await podUids('home');
    await writeFile(join(checkout.root, 'apps/home/src/e2e-marker.txt'), 'another image\n');
    const ended = await checkout.npm('deploy');
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(await podUids('home')).not.toEqual(pods);
    expect((await get('/')).status).toBe(200);
  });

  it('deploys one app by name, and waits until its new pods serve', async () => {
    const [home, jobs, deployment] = await Promise.all([
      podUids('home'),
      podUids('jobs'),
      deploymentOf('home'),
    ]);
    for (const app of ['home', 'jobs'])
      await writeFile(join(checkout.root, `apps/${app}/src/e2e-named.txt`), 'one more image\n');
    const started = performance.now();
    const ended = await checkout.npm('deploy', 'home', '--json');
    console.log(`one app by its name: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    expect(ended.exitCode, said(ended)).toBe(0);
    const { units, phases } = JSON.parse(ended.stdout);
    expect(units).toEqual(['home']);
    for (const { title, seconds } of phases) console.log(`  ${title}: ${Number(seconds).toFixed(1)} s`);
    expect(await podUids('home')).not.toEqual(home);
    expect((await get('/')).status).toBe(200);
    expect(await podUids('jobs')).toEqual(jobs);
    // `deploy` applied it before Flux, as Flux does: Flux found nothing to change.
    const { generation, writers } = deployment;
    expect(await deploymentOf('home')).toEqual({ generation: generation + 1, writers });
    await rm(join(checkout.root, 'apps/jobs/src/e2e-named.txt'));
  });

  it('applies a commit that is pushed with plain git', async () => {
    const clone = await ManifestClone.make(await theEngine(), cluster);
    try {
      expect(await readyReplicas('home')).toBe(1);
      const file = 'manifests/dev/home/deployment-home.yaml';
      const started = performance.now();
      await clone.change(file, (text) => text.replace(/^ {2}replicas: 1$/m, '  replicas: 2'), 'Two replicas');
      await until(async () => (await readyReplicas('home')) === 2, 'a second pod of home to be ready');
      console.log(`commit to changed pods: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    } finally {
      await clone.remove();
    }
  });

  it('applies a commit although the pod that publishes its artifacts is killed before and after the push', async () => {
    const engine = await theEngine();
    const publisher = ['--namespace', 'flux-system', '--selector', 'app.kubernetes.io/name=folder-artifacts'];
    const kill = () =>
      nodeKubectl(engine, cluster, ['delete', 'pods', ...publisher, '--grace-period=0', '--force']);
    const clone = await ManifestClone.make(engine, cluster);
    try {
      const file = 'manifests/dev/home/deployment-home.yaml';
      await kill();
      await clone.change(file, (text) => text.replace(/^ {2}replicas: 2$/m, '  replicas: 1'), 'One replica');
      await kill();
      await until(async () => (await readyReplicas('home')) === 1, 'home to have one pod again');
    } finally {
      await clone.remove();
    }
  });

  it('shows on its front page that an app fails, why, and that it works again', async () => {
    const clone = await ManifestClone.make(await theEngine(), cluster);
    try {
      await seesAnAppBreakAndMend(clone, await gatewayPlace(cluster, host, ports.https));
    } finally {
      await clone.remove();
    }
  });

  it('rotates certificates by commits to its Git repository', async () => {
    await world.take(checkout);
    await world.clusterIsUp();
  });

  identityStory(world);

  it('returns as the same cluster after a reboot of the machine', async (context) => {
    const engine = await theEngine();
    if (!engine.private) context.skip('only the private engine may be killed');
    const uid = await clusterUid();
    await loseProcesses();
    const ended = await checkout.npm('init-cluster');
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(await clusterUid()).toBe(uid);
    expect((await get('/')).status).toBe(200);
    await expectDeclaredFlows();
  });

  it('is removed completely', async () => {
    const ended = await checkout.npm('init-cluster', '--down', '--yes');
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(await machineState()).toEqual(before);
    expect(existsSync(join(checkout.state, cluster))).toBe(false);
    const status = await checkout.npm('status');
    expect(status.exitCode).toBe(1);
    expect(said(status)).toContain('npm run init-cluster');
  });
});

function said({ stdout, stderr }: Ended): string {
  return `${stdout}\n${stderr}`;
}

async function theEngine(): Promise<Engine> {
  const engine = await findEngine();
  if (engine === undefined) throw new Error('no container engine runs');
  return engine;
}

/** From pods on each node that declare nothing, from home itself, and through the gateway, which may reach home. */
async function expectDeclaredFlows(): Promise<void> {
  const engine = await theEngine();
  const nodes = (await nodeContainers(engine, cluster)).map(({ name }) => name);
  const read = (path: string, ...args: string[]): Promise<string> =>
    nodeKubectl(engine, cluster, ['get', ...args, '-o', `jsonpath={${path}}`]);
  const service = (namespace: string, name: string): Promise<string> =>
    read('.spec.clusterIP', 'service', name, '-n', namespace);
  const homePod = await read(
    '.items[0].status.podIP',
    'pods',
    '-n',
    'home',
    '-l',
    'app.kubernetes.io/name=home',
  );
  const targets = {
    'pod of home': `${homePod}:8080`,
    'Service of home': `${await service('home', 'home')}:80`,
    'Git server': `${await service('git-server', 'git-server')}:80`,
    'API server': `${await service('default', 'kubernetes')}:443`,
    DNS: 'kubernetes.default.svc.cluster.local',
  };
  const noHome = { 'pod of home': false, 'Service of home': false };
  const expected: Record<string, object> = {
    // No policy limits its destinations; the policies of home and the Git server limit their callers.
    stranger: { ...noHome, 'Git server': false, 'API server': true, DNS: true },
    // In the namespace of an app without being it: nothing is declared.
    home: { ...noHome, 'Git server': false, 'API server': false, DNS: false },
  };
  for (const place of await startProbes(engine, cluster, Object.keys(expected), nodes)) {
    // The rules of a new pod are written when it has an address, a moment before or after it runs.
    await expect
      .poll(() => reaches(engine, cluster, place, targets), {
        timeout: 20_000,
        message: JSON.stringify(place),
      })
      .toEqual(expected[place.namespace]);
  }
  const declared = await reaches(engine, cluster, { namespace: 'home', pod: 'deploy/home' }, targets);
  expect(declared).toMatchObject({ 'API server': true, DNS: true, 'Git server': false });
  expect((await get('/')).status).toBe(200);
}

async function clusterUid(): Promise<string> {
  return nodeKubectl(await theEngine(), cluster, [
    'get',
    'namespace',
    'kube-system',
    '-o',
    'jsonpath={.metadata.uid}',
  ]);
}

/** Output of a statement that the superuser runs in the database of orders. */
async function inOrders(statement: string): Promise<string> {
  const psql = ['psql', '-Atq', '-v', 'ON_ERROR_STOP=1', '-d', 'orders', '-c', statement];
  const pod = ['-n', 'orders', 'orders-db-1', '-c', 'postgres'];
  return (await nodeKubectl(await theEngine(), cluster, ['exec', ...pod, '--', ...psql])).trim();
}

/** The ids of the pods that run, sorted, in one namespace or in all. */
async function podUids(namespace?: string): Promise<string[]> {
  const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
  const text = await nodeKubectl(await theEngine(), cluster, [
    ...[
      'get',
      'pods',
      ...where,
      '--field-selector=status.phase=Running',
      '-o',
      'jsonpath={.items[*].metadata.uid}',
    ],
  ]);
  return text.split(' ').filter(Boolean).sort();
}

/** How often the specification of a Deployment was changed, and by which programs. */
async function deploymentOf(app: string): Promise<{ generation: number; writers: string[] }> {
  const output = ['--show-managed-fields', '-o', 'json'];
  const text = await nodeKubectl(await theEngine(), cluster, [
    'get',
    'deployment',
    app,
    '-n',
    app,
    ...output,
  ]);
  const { metadata } = z
    .object({
      metadata: z.object({
        generation: z.number(),
        managedFields: z.array(z.object({ manager: z.string(), operation: z.string() })),
      }),
    })
    .parse(JSON.parse(text));
  const writers = metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`);
  return { generation: metadata.generation, writers: writers.sort() };
}

async function readyReplicas(app: string): Promise<number> {
  const path = 'jsonpath={.status.readyReplicas}';
  return Number(
    await nodeKubectl(await theEngine(), cluster, ['get', 'deployment', app, '-n', app, '-o', path]),
  );
}

/** As a browser does: by HTTPS, with the roots of the cluster. */
async function get(path: string): Promise<{ status: number; body: string }> {
  return visit(await gatewayPlace(cluster, host, ports.https), path);
}
