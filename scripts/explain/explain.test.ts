import { describe, expect, it } from 'vitest';
import { appSchema } from '../../model/app.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { shop } from '../../test/model/fixture.ts';
import { edgesOf } from './edges.ts';
import { explain } from './explain.ts';
import { type ExplainCommand, explainCommand } from './explain-command.ts';
import { printExplanation } from './print-explanation.ts';

describe('of the small repository', () => {
  it.each(['shop', 'catalog'])('explains %s as in the reviewed text', async (name) => {
    const { environments } = await loadGraph(shop);
    for (const env of environments) {
      const app = env.apps.find((each) => each.name === name);
      if (app === undefined) throw new Error(`no ${name} in ${env.name}`);
      const text = printExplanation(explain(shop, env, app)).replace(/:[0-9a-f]{12}$/m, ':HASH');
      await expect(text).toMatchFileSnapshot(`golden/${name}-${env.name}.txt`);
    }
  });
});

describe('of apps that prove who they are', () => {
  const jobs = testApp({
    name: 'jobs',
    ports: { grpc: { port: 8443, tls: 'mutual' }, http: { port: 8080 } },
    database: { storage: '1Gi' },
    uses: [{ kind: 'database', of: 'jobs', as: 'read-write' }],
    identity: { reload: 'files' },
    exceptions: [{ rule: 'spread', reason: 'One node is all there is.' }],
  });
  const orders = testApp({
    name: 'orders',
    uses: [{ kind: 'app', app: 'jobs', port: 'grpc' }],
    identity: { reload: 'files' },
  });
  const env = environment({
    apps: [jobs, orders],
    cluster: { apps: { jobs: null, orders: null }, people: { ada: { uses: ['jobs'] } } },
  });

  it('finds the objects of each edge, on both sides', () => {
    const { edges, exceptions } = explain(shop, env, jobs);
    expect(edges.map(({ title }) => title)).toEqual([
      "is called by 'orders' on the port 'grpc'",
      "is called by the person 'ada' from their own machine",
      "requires a client certificate on the port 'grpc'",
      'owns a database',
      'has probes: ready',
      'reads renewed certificates again by itself',
      "uses the database of 'jobs' as read-write",
    ]);
    const objects = Object.fromEntries(
      edges.map(({ title, objects }) => [title, objects.map(({ object }) => object)]),
    );
    expect(objects['owns a database']).toContain('Cluster jobs/jobs-db');
    const called = edges[0]?.fields.filter(({ path }) => path.startsWith('spec.ingress'));
    expect(called?.map(({ object }) => object)).toContain('NetworkPolicy jobs/jobs');
    expect(exceptions).toMatchObject([{ rule: 'spread', reason: 'One node is all there is.' }]);
  });

  it("lists the callee's part for the caller", () => {
    const { edges } = explain(shop, env, orders);
    expect(edges.map(({ title }) => title)).toEqual([
      'has probes: ready',
      'reads renewed certificates again by itself',
      "calls the port 'grpc' of 'jobs'",
    ]);
    const fields = JSON.stringify(edges.at(-1)?.fields);
    expect(fields).toContain('JOBS_ADDRESS');
    expect(fields).toContain('JOBS_IDENTITY_DIR');
  });
});

it('suggests a similar name', async () => {
  const json = await explainCommand(shop, { app: 'shop', env: 'prod', json: true });
  expect(JSON.parse(json)).toMatchObject({ app: 'shop', environment: 'prod', replicas: 3 });
  expect(await explainCommand(shop, { app: 'catalog' })).toMatch(/^catalog in dev/);
  const failed = (command: ExplainCommand) => expect(explainCommand(shop, command)).rejects;
  await failed({ app: 'shpo' }).toThrow(expect.objectContaining({ next: "Did you mean 'shop'?" }));
  await failed({ app: 'shop', env: 'prd' }).toThrow(
    expect.objectContaining({ next: "Did you mean 'prod'?" }),
  );
});

describe('of an app with volumes, files and a job', () => {
  const shopping = {
    ...testApp({
      name: 'shopping',
      replicas: 2,
      files: { '/etc/a': 'a' },
      volumes: { data: { path: '/data', size: '1Gi', per: 'replica' } },
      job: { command: ['check'], resources: { cpu: '10m', memory: '16Mi' } },
      priority: 5,
    }),
    fileContents: [{ path: 'a', text: 'a' }],
  };
  const env = environment({ apps: [shopping], cluster: { apps: { shopping: null } } });

  it('explains each of them', () => {
    const found = Object.fromEntries(
      explain(shop, env, shopping).edges.map(({ title, objects }) => [
        title,
        objects.map(({ object }) => object),
      ]),
    );
    expect(found["has a volume 'data' of 1Gi for each pod"]).toContain('StatefulSet shopping/shopping');
    expect(found['mounts a']).toContain('ConfigMap shopping/shopping-files');
    expect(found['runs a job before each new version starts']).toContain(
      'ServiceAccount shopping/shopping-job',
    );
    expect(found['has the priority 5']).toEqual(['PriorityClass app-shopping-5']);
  });
});

describe('of an app that says everything', () => {
  const resources = { cpu: '10m', memory: '16Mi' };
  const whole = {
    ...testApp({
      name: 'whole',
      command: ['server'],
      args: ['--quiet'],
      user: 0,
      readOnlyRoot: false,
      capabilities: ['CHOWN'],
      rollout: { watch: '2m' },
      env: { LOG: 'info', LEVEL: '1' },
      files: { '/etc/a': 'a' },
      temporary: { '/cache': '1Gi' },
      volumes: { data: { path: '/data', size: '1Gi' } },
      init: [{ name: 'first', command: ['first'], resources }],
      sidecars: [{ name: 'beside', image: { ref: 'example.org/beside:v1.0.0' }, resources }],
      schedule: { cron: '30 2 * * *' },
      job: { command: ['check'], resources },
      priority: 5,
      nodes: { labels: { disk: 'ssd' } },
      metrics: { port: 'http' },
      objective: { success: 99.5, within: '500ms' },
      exposes: { port: 'http' },
      uses: [{ kind: 'metrics', reason: 'It plots them.' }],
      database: { storage: '1Gi', extensions: ['pg_trgm'] },
      identity: { reload: 'files' },
      extra: ['extra/quota.yaml'],
    }),
    fileContents: [{ path: 'a', text: 'a' }],
  };
  const env = environment({ apps: [whole], cluster: { apps: { whole: { env: { LEVEL: '1' } } } } });
  const edges = edgesOf(env, whole);

  it('has a part for each key of app.ts that is not in the first lines or at the end', () => {
    const elsewhere = ['name', 'summary', 'image', 'replicas', 'ports', 'resources', 'exceptions'];
    const explained = new Set(
      edges.filter(({ file }) => file === 'apps/whole/app.ts').map(({ path }) => path[0]),
    );
    expect([...explained, ...elsewhere].sort()).toEqual(Object.keys(appSchema.shape).sort());
  });

  it('tells variables of app.ts from those of cluster.yaml', () => {
    expect(edges.filter(({ title }) => title.endsWith('in its environment'))).toMatchObject([
      { title: 'has LOG in its environment', file: 'apps/whole/app.ts', path: ['env'] },
      {
        title: 'has LEVEL in its environment',
        file: 'clusters/test/cluster.yaml',
        path: ['apps', 'whole', 'env'],
      },
    ]);
  });
});

it('finds what is derived from the process, its probes and its schedule', () => {
  const app = testApp({
    name: 'check',
    ports: {},
    probes: {},
    args: ['--once'],
    schedule: { cron: '0 1 * * *' },
  });
  const env = environment({ apps: [app], cluster: { apps: { check: null } } });
  const found = Object.fromEntries(
    explain(shop, env, app).edges.map(({ title, objects, fields }) => [
      title,
      [...objects.map(({ object }) => object), ...fields.map(({ after }) => after)],
    ]),
  );
  expect(found["runs at '0 1 * * *', UTC"]).toContain('CronJob check/check');
  expect(found['starts with the arguments --once']).toEqual([['--once']]);
});
