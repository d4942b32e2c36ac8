import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runEngine } from '../../images/engine/index.ts';
import { readRecord } from '../../scripts/kind/record.ts';
import { until } from '../until.ts';
import { said, World } from './identity/world.ts';

const clusterFile = 'clusters/dev/cluster.yaml';

/** Nodes are added, restarted and interrupted, an app goes and its database is retired: what databases hold stays until a line says otherwise. */
describe('the data of a cluster', () => {
  const world = new World();
  const workers = [`${world.cluster}-worker`, `${world.cluster}-worker2`] as const;
  let clusterId = '';

  const npm = async (script: string, ...args: string[]) => {
    const ended = await world.checkout.npm(script, ...args);
    expect(ended.exitCode, said(ended)).toBe(0);
    return ended;
  };
  const get = (...args: string[]): Promise<string> =>
    world.probe.kubectl(['get', ...args]).then((text) => text.trim());
  const clusterUid = () => get('namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}');
  const nodeNames = async () =>
    (await get('nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').sort();
  const readyNodes = async () => {
    const path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}";
    return (await get('nodes', '-o', path)).split(' ').filter((status) => status === 'True').length;
  };
  const expectKept = async () => {
    expect(await clusterUid()).toBe(clusterId);
    expect(await world.inOrders('select note from kept')).toBe('precious');
  };
  const addWorker = (line: string) =>
    world.checkout.edit(clusterFile, (text) => text.replace(/^registry:$/m, `${line}\nregistry:`));

  beforeAll(() => world.begin(async () => {}));
  afterAll(() => world.end());

  it('starts with one node and a row in a database', async () => {
    await npm('init-cluster');
    await world.clusterIsUp();
    clusterId = await clusterUid();
    await world.inOrders("create table kept (note text); insert into kept values ('precious')");
    expect(await nodeNames()).toEqual([`${world.cluster}-control-plane`]);
  });

  it('survives the join of a worker from cluster.yaml, which gets its labels and restarts no pod', async () => {
    const pods = await get('pods', '-n', 'orders', '-o', 'jsonpath={.items[*].metadata.uid}');
    await addWorker('  - { name: worker, role: worker, cpu: "2", memory: 4Gi, labels: { disk: ssd } }');
    await npm('init-cluster');
    expect(await nodeNames()).toEqual([`${world.cluster}-control-plane`, workers[0]]);
    expect(await readyNodes()).toBe(2);
    expect(await get('node', workers[0], '-o', 'jsonpath={.metadata.labels.disk}')).toBe('ssd');
    expect(await get('pods', '-n', 'orders', '-o', 'jsonpath={.items[*].metadata.uid}')).toBe(pods);
    await expectKept();
  });

  it('is not reachable by a left-over join token', async () => {
    expect(
      await get(
        'secrets',
        '-n',
        'kube-system',
        '--field-selector=type=bootstrap.kubernetes.io/token',
        '-o',
        'name',
      ),
    ).toBe('');
  });

  it('is reachable from an app on the new node, by name', async () => {
    await world.checkout.edit(clusterFile, (text) =>
      text.replace(/^ {2}orders:$/m, '  orders: { nodes: { labels: { disk: ssd } } }'),
    );
    await npm('deploy', 'orders', '-m', 'Orders on a disk that is fast');
    const nodes = () =>
      get(
        'pods',
        '-n',
        'orders',
        '-l',
        'app.kubernetes.io/name=orders',
        '-o',
        'jsonpath={.items[*].spec.nodeName}',
      );
    await until(async () => (await nodes()) === workers[0], 'orders to run on the new node alone');
    await npm('certs', 'issue', 'me', '--for', 'orders');
    await npm('orders', 'place', 'ann', 'plinth-1:2:1250');
    await expectKept();
  });

  it('survives an interrupted join, which the same command completes', async () => {
    await addWorker('  - { name: worker-2, role: worker, cpu: "2", memory: 4Gi }');
    const { engine } = world.probe;
    const run = execa('npm', ['run', '--silent', 'init-cluster'], {
      cwd: world.checkout.root,
      env: world.checkout.env,
      stdin: 'ignore',
      reject: false,
      detached: true,
    });
    await until(
      async () =>
        (await runEngine(engine, ['ps', '--format', '{{.Names}}'])).split('\n').includes(workers[1]),
      'the container of the second worker',
      { pauseMs: 100 },
    );
    // Ctrl-C at a terminal reaches each process of the command.
    process.kill(-(run.pid ?? Number.NaN), 'SIGINT');
    expect((await run).exitCode).not.toBe(0);
    expect(await readRecord(world.cluster)).toMatchObject({ roles: ['control-plane', 'worker'] });
    await npm('init-cluster');
    expect(await readyNodes()).toBe(3);
    expect(await readRecord(world.cluster)).toMatchObject({ roles: ['control-plane', 'worker', 'worker'] });
    await expectKept();
  });

  it('survives a restart of all nodes, as after a reboot', async () => {
    const { engine } = world.probe;
    await runEngine(engine, ['stop', '--time', '5', ...(await nodeNames())]);
    await npm('init-cluster');
    expect(await readyNodes()).toBe(3);
    await until(
      async () => (await world.inOrders('select note from kept')) === 'precious',
      'the row of before',
    );
  });

  it('is unchanged by another run of init-cluster', async () => {
    const pods = await get('pods', '-A', '-o', 'jsonpath={.items[*].metadata.uid}');
    await npm('init-cluster');
    expect(await get('pods', '-A', '-o', 'jsonpath={.items[*].metadata.uid}')).toBe(pods);
  });

  it('is kept by a refusal to remove a worker, with the commands to type', async () => {
    const file = join(world.checkout.root, clusterFile);
    const before = await readFile(file, 'utf8');
    await world.checkout.edit(clusterFile, (text) => text.replace(/^ *- \{ name: worker-2.*\n/m, ''));
    const ended = await world.checkout.npm('init-cluster');
    expect(ended.exitCode).toBe(1);
    expect(said(ended)).toContain('nodes, workers: 2 → 1');
    await writeFile(file, before);
    await expectKept();
  });

  it('is kept by a refusal to render an environment without one of its databases', async () => {
    await world.checkout.edit(clusterFile, (text) =>
      text.replace(/^ {2}me: .*$/m, '  me: { uses: [jobs] }').replace(/^ {2}orders:.*\n/m, ''),
    );
    const ended = await world.checkout.npm('render');
    expect(ended.exitCode).toBe(1);
    expect(said(ended)).toContain('retired: [{ database: orders, data: keep');
    await expectKept();
  });

  it('stays, with its certificates, if cluster.yaml keeps the database of a removed app', async () => {
    await retire('keep, storage: 2Gi');
    await npm('deploy', '-m', 'Orders is no more; its data stays');
    const deployments = () => get('deployments', '-n', 'orders', '-o', 'name');
    await until(async () => (await deployments()) === '', 'the Deployment of orders to go');
    await expectKept();
    expect(await world.readyInstances('orders')).toBe(1);
  });

  it('is deleted with its volumes, in no other database, once cluster.yaml says so', async () => {
    await retire('delete');
    await npm('deploy', '-m', 'Nobody needs the data of orders');
    await until(
      async () => (await get('pvc', '-n', 'orders', '-o', 'name')) === '',
      'the volumes of orders-db to go',
    );
    expect(await get('clusters.postgresql.cnpg.io', '-A', '-o', 'jsonpath={.items[*].metadata.name}')).toBe(
      'jobs-db',
    );
    expect(await world.readyInstances('jobs')).toBe(1);
  });

  /** Writes the one entry of `retired`. */
  async function retire(data: string): Promise<void> {
    const line = `retired: [{ database: orders, data: ${data}, reason: Orders moved elsewhere. }]\n`;
    await world.checkout.edit(
      clusterFile,
      (text) => `${text.replace(/^retired:.*\n/m, '').trimEnd()}\n${line}`,
    );
  }
});
