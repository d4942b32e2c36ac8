import { describe, expect, it } from 'vitest';
import { loadGraph } from '../../model/load-graph.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { shop } from '../../test/model/fixture.ts';
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
    expect(edges.map(({ title }) => title)).toEqual(["calls the port 'grpc' of 'jobs'"]);
    const fields = JSON.stringify(edges[0]?.fields);
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
