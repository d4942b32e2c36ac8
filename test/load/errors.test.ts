import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resolvedErrorsMap } from '../../apps/home/src/errors/error-state.ts';
import { rootsName, trustNamespace } from '../../charts/kube/names.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { loadLock } from '../../images/lock/index.ts';
import { type ApiServer, startApiServer } from '../../scripts/verify/api-server.ts';
import { FakeCluster } from '../services/fake-cluster.ts';
import { until } from '../until.ts';
import { Pipeline } from './pipeline.ts';
import { ContainerLog, newTrace } from './senders.ts';

/*
 * `npm run errors` from the lines of containers to its output: a real agent and a real VictoriaLogs, configured as the charts configure them, and
 * a real API server for what people resolved. The ways to pods are of the test.
 */

const root = join(import.meta.dirname, '../..');
const group = z.object({
  id: z.string(),
  app: z.string(),
  message: z.string(),
  thrown: z.string(),
  place: z.string(),
  count: z.number(),
  first: z.string(),
  last: z.string(),
  trace: z.string(),
  users: z.number(),
  state: z.string(),
  releases: z.array(z.string()),
});

let pipeline: Pipeline;
let api: ApiServer;
let metrics: Server;
let cluster: FakeCluster;
let orders: ContainerLog;
let jobs: ContainerLog;

beforeAll(async () => {
  api = await startApiServer(loadLock().kubernetes, { lock: loadLock(), report: () => {} });
  await api.config
    .makeApiClient(CoreV1Api)
    .createNamespace({ body: { metadata: { name: resolvedErrorsMap.namespace } } });
  pipeline = await Pipeline.start(0, {}, ['victoria-logs', 'opentelemetry-agent']);
  orders = new ContainerLog(pipeline.podLogs, 'orders');
  jobs = new ContainerLog(pipeline.podLogs, 'jobs');
  const pod = { namespace: 'orders', pod: 'orders-1', image_tag: 'v2' };
  const result = [{ metric: pod, value: [Date.now() / 1_000, '1'] }];
  metrics = createServer((_, response) => response.end(JSON.stringify({ data: { result } })));
  await new Promise<void>((done) => metrics.listen(0, '127.0.0.1', done));
  cluster = await FakeCluster.start('plinth-dev', {
    secrets: {},
    configMaps: {
      [`${trustNamespace}/${rootsName('victoria-logs')}`]: { 'victoria-logs.pem': pipeline.roots },
    },
    services: {
      [`victoria-logs/victoria-logs:${ports.logs}`]: pipeline.port('victoria-logs', ports.logs),
      [`prometheus/prometheus:${ports.metrics}`]: (metrics.address() as AddressInfo).port,
    },
    behind: api.config,
  });
}, 20 * 60_000);

afterAll(async () => {
  await cluster?.stop();
  metrics?.close();
  await pipeline?.stop();
  await api?.stop();
});

function errors(...args: string[]) {
  return execa(process.execPath, ['scripts/errors.ts', ...args], {
    cwd: root,
    env: { PLINTH_STATE: cluster.state },
    reject: false,
  });
}

async function listed(...args: string[]) {
  const { exitCode, stdout, stderr } = await errors('--json', ...args);
  expect(exitCode, stderr).toBe(0);
  return z.array(group).parse(JSON.parse(stdout));
}

/** A line of level error, with what was thrown at a place in the code. */
function failure(message: string, place: string, fields: Record<string, string> = {}): string {
  const error = `Error: no answer from 10.0.0.${message.length}\n    at ${place}\n    at main (app.ts:1:1)`;
  return JSON.stringify({ level: 'error', message, error, ...fields });
}

/** Waits until the list of all groups has this number of lines. */
async function untilCounted(lines: number): Promise<void> {
  let found = 0;
  await until(
    async () => {
      found = (await listed('--all', '--since', '30d')).reduce((sum, { count }) => sum + count, 0);
      return found === lines;
    },
    () => `${lines} lines of errors: ${found} are there`,
    { seconds: 120 },
  );
}

describe('npm run errors', () => {
  const trace = newTrace();
  const hours = (count: number) => new Date(Date.now() - count * 3_600_000);
  const longAgo = hours(72);

  it('groups lines by message, what was thrown and where, and leaves out all other lines', async () => {
    orders.write([failure('order 17 failed', 'place (place.ts:12:3)', { user: 'ada' })], longAgo);
    orders.write(
      [
        failure('order 4711 failed', 'place (place.ts:14:9)', {
          user: 'ada',
          trace_id: newTrace(),
          span_id: 'b7ad6b7169203331',
        }),
      ],
      hours(2),
    );
    orders.write(
      [
        failure('order 9 failed', 'place (place.ts:12:3)', {
          user: 'bob',
          trace_id: trace,
          span_id: 'b7ad6b7169203331',
        }),
      ],
      hours(1),
    );
    orders.write(
      [
        failure('order 5 failed', 'refund (refund.ts:3:1)'),
        failure('on purpose', 'probe (probe.ts:1:1)', { 'user_agent.synthetic.type': 'test' }),
        JSON.stringify({ level: 'warn', message: 'order 6 failed' }),
        'order 7 failed',
      ],
      hours(3),
    );
    jobs.write(
      ['1b4e28ba-2fa1-41d2-883f-0016d3cca427', '6fa459ea-ee8a-4ca4-894e-db77e160355e'].map((id) =>
        JSON.stringify({ level: 'fatal', msg: `job ${id} failed after 12 s` }),
      ),
      hours(4),
    );
    await untilCounted(6);
    const found = await listed();
    expect(found.map(({ app, message, count, users }) => [app, message, count, users])).toEqual([
      ['orders', 'order <N> failed', 2, 2],
      ['orders', 'order <N> failed', 1, 0],
      ['jobs', 'job <UUID> failed after <N> s', 2, 0],
    ]);
    expect(found[0]).toMatchObject({
      thrown: 'Error: no answer from <IP4>',
      place: 'place (place.ts:<N>:<N>)',
      trace,
      state: 'new',
      releases: ['v2'],
    });
    // The first line is older than the day that is counted.
    expect(Date.parse(found[0]?.first ?? '')).toBe(longAgo.getTime());
    expect(found[1]).toMatchObject({ place: 'refund (refund.ts:<N>:<N>)', trace: '' });
    expect(new Set(found.map(({ id }) => id)).size).toBe(3);
  }, 300_000);

  it('lists those of one app, and of a time', async () => {
    expect((await listed('jobs')).map(({ app }) => app)).toEqual(['jobs']);
    expect((await listed('--since', '90m')).map(({ count }) => count)).toEqual([1]);
    expect((await listed('--since', '30m')).length).toBe(0);
    expect((await listed('--limit', '1')).length).toBe(1);
  }, 300_000);

  it('hides a resolved error until another line of it comes, in which it is regressed', async () => {
    const [first] = await listed('orders');
    const id = first?.id ?? '';
    const resolved = await errors('resolve', id);
    expect(resolved.stdout, resolved.stderr).toBe(`${id} is resolved: orders: order <N> failed`);
    expect((await listed('orders')).map((each) => each.id)).not.toContain(id);
    expect((await listed('orders', '--all')).find((each) => each.id === id)?.state).toBe('resolved');
    orders.write([failure('order 18 failed', 'place (place.ts:12:3)')]);
    await untilCounted(7);
    expect((await listed('orders')).find((each) => each.id === id)).toMatchObject({
      state: 'regressed',
      count: 3,
    });
  }, 300_000);

  it('keeps what is resolved in a ConfigMap of the cluster, and takes it back', async () => {
    const { data = {} } = await api.config
      .makeApiClient(CoreV1Api)
      .readNamespacedConfigMap(resolvedErrorsMap);
    const [[id = '', entry = ''] = []] = Object.entries(data);
    expect(JSON.parse(entry)).toMatchObject({ app: 'orders', message: 'order <N> failed' });
    expect((await errors('reopen', id)).stdout).toBe(`${id} is open again`);
    expect((await listed('orders')).find((each) => each.id === id)?.state).toBe('new');
    const again = await errors('reopen', id);
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('npm run errors -- --all')]);
    const unknown = await errors('resolve', '00000000');
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining('npm run errors')]);
  }, 300_000);
});
