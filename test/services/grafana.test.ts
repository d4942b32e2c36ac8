import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ports } from '../../charts/observability/endpoints.ts';
import { logqlFaults } from '../observability/logql.ts';
import { FakeCluster } from './fake-cluster.ts';

/*
 * `npm run logs` and `npm run trace` with `store: grafana`, through a Grafana of the test that answers as Loki and Tempo document: neither can be had
 * where this is developed.
 */

const root = join(import.meta.dirname, '../..');
const trace = '0bf92f3577b34da6a3ce929d0e0e4736';
const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
/** Nanoseconds: a moment ago. */
const began = `${Date.now() - 60_000}000000`;
const after = (milliseconds: number) => `${BigInt(began) + BigInt(milliseconds) * 1_000_000n}`;

const attributes = (values: Record<string, string>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** Tempo, 'HTTP API', 'Query': OTLP with identifiers in base64. */
const tempoTrace = {
  batches: [
    {
      resource: { attributes: attributes({ 'service.name': 'orders' }) },
      scopeSpans: [
        {
          spans: [
            {
              traceId: base64(trace),
              spanId: base64('00f067aa0ba902b7'),
              name: 'orders.v1.OrdersService/PlaceOrder',
              kind: 'SPAN_KIND_SERVER',
              startTimeUnixNano: began,
              endTimeUnixNano: after(1_500),
              status: {},
            },
            {
              traceId: base64(trace),
              spanId: base64('b7ad6b7169203331'),
              parentSpanId: base64('00f067aa0ba902b7'),
              name: 'db place order',
              startTimeUnixNano: after(100),
              endTimeUnixNano: after(1_400),
              attributes: attributes({ 'db.system': 'postgresql' }),
              status: { code: 'STATUS_CODE_ERROR' },
            },
          ],
        },
      ],
    },
  ],
};
/** Tempo, 'HTTP API', 'Search': without leading zeros. */
const tempoSearch = {
  traces: [
    { traceID: 'aaaa', rootServiceName: 'orders', startTimeUnixNano: began, durationMs: 3 },
    { traceID: trace.slice(1), rootServiceName: 'orders', startTimeUnixNano: began, durationMs: 1_500 },
  ],
};
/** Loki, 'HTTP API', 'Query logs within a range of time': structured metadata is among the labels. */
const lokiLines = {
  status: 'success',
  data: {
    resultType: 'streams',
    result: [
      {
        stream: {
          k8s_namespace_name: 'orders',
          k8s_pod_name: 'orders-1',
          k8s_container_name: 'orders',
          detected_level: 'error',
          trace_id: trace,
          span_id: 'b7ad6b7169203331',
          order: '17',
        },
        values: [[after(1_400), 'order failed']],
      },
      {
        stream: { k8s_namespace_name: 'orders', k8s_pod_name: 'orders-1', detected_level: 'unknown' },
        values: [[began, 'begins']],
      },
    ],
  },
};

let grafana: Server;
let cluster: FakeCluster;
let asked: URL[] = [];

beforeAll(async () => {
  grafana = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://grafana');
    const login = Buffer.from('ada:a password').toString('base64');
    if (request.headers.authorization !== `Basic ${login}`) {
      response.writeHead(401).end('{"message":"Invalid username or password"}');
      return;
    }
    asked.push(url);
    const answers: Record<string, object> = {
      [`/api/datasources/proxy/uid/tempo/api/traces/${trace}`]: tempoTrace,
      '/api/datasources/proxy/uid/tempo/api/search': tempoSearch,
      '/api/datasources/proxy/uid/loki/loki/api/v1/query_range': lokiLines,
    };
    const answer = answers[url.pathname];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((done) => grafana.listen(0, '127.0.0.1', done));
  cluster = await FakeCluster.start('plinth-staging', {
    secrets: {},
    configMaps: {},
    services: { [`grafana/grafana:${ports.grafana}`]: (grafana.address() as AddressInfo).port },
  });
});

beforeEach(() => {
  asked = [];
});

afterAll(async () => {
  await cluster?.stop();
  grafana?.close();
});

function command(name: 'logs' | 'trace', args: string[], login = 'ada:a password') {
  return execa(process.execPath, [`scripts/${name}.ts`, ...args, '--env', 'staging'], {
    cwd: root,
    env: { PLINTH_STATE: cluster.state, PLINTH_GRAFANA_LOGIN: login },
    reject: false,
  });
}

const queryOf = (url: URL | undefined, name: string) => url?.searchParams.get(name) ?? '';

describe('with store: grafana', () => {
  it('npm run logs has the lines of Loki, by a query in LogQL', async () => {
    const { stdout, stderr, exitCode } = await command('logs', [
      ...['orders', '--since', '10m', '--level', 'warn', '--grep', 'a "b" \\d+', '--trace', trace, '--json'],
    ]);
    expect(exitCode, stderr).toBe(0);
    const lines = stdout.split('\n').map((line) => z.looseObject({}).parse(JSON.parse(line)));
    expect(lines).toMatchObject([
      { message: 'begins', pod: 'orders-1', fields: {} },
      {
        message: 'order failed',
        level: 'error',
        namespace: 'orders',
        container: 'orders',
        trace,
        span: 'b7ad6b7169203331',
        fields: { order: '17' },
      },
    ]);
    expect(lines[0]).not.toHaveProperty('level');
    const query = queryOf(asked[0], 'query');
    expect(query).toBe(
      `{k8s_namespace_name="orders"} |~ "a \\"b\\" \\\\d+" | trace_id="${trace}" | detected_level=~"warn|error|critical|fatal"`,
    );
    expect(logqlFaults(query)).toEqual([]);
    const seconds = (Number(queryOf(asked[0], 'end')) - Number(queryOf(asked[0], 'start'))) / 1e9;
    expect(Math.round(seconds)).toBe(600);
  });

  it('npm run logs selects levels as with other stores: a line without one counts as info', async () => {
    for (const level of ['debug', 'info', 'error']) await command('logs', ['orders', '--level', level]);
    await command('logs', []);
    const queries = asked.map((url) => queryOf(url, 'query'));
    expect(queries).toEqual([
      '{k8s_namespace_name="orders"}',
      '{k8s_namespace_name="orders"} | detected_level!~"trace|debug"',
      '{k8s_namespace_name="orders"} | detected_level=~"error|critical|fatal" | user_agent_synthetic_type=""',
      '{k8s_namespace_name=~".+"}',
    ]);
    for (const query of queries) expect(logqlFaults(query), query).toEqual([]);
  });

  it('npm run trace prints a trace of Tempo as a tree, with the log lines of Loki', async () => {
    const { stdout, stderr, exitCode } = await command('trace', [trace]);
    expect(exitCode, stderr).toBe(0);
    const at = ['PlaceOrder', 'db place order', 'order failed'].map((text) => stdout.indexOf(text));
    expect(
      at.every((each, i) => each > (at[i - 1] ?? -1)),
      stdout,
    ).toBe(true);
    expect(stdout).toContain('1.50 s');
    // Loki looks at the time of the trace.
    expect(Number(queryOf(asked[1], 'start'))).toBeLessThan(Number(began));
  });

  it('npm run trace -- --slow has the slowest traces that a search by TraceQL finds', async () => {
    const { stdout, stderr, exitCode } = await command('trace', [
      ...['--slow', 'orders', '--failed', '--limit', '1', '--json'],
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ id: trace, spans: [{ failed: false }, { failed: true }] }]);
    expect(queryOf(asked[0], 'q')).toBe('{ resource.service.name = "orders" } && { status = error }');
  });

  it('a trace that is not there, a wrong login and none say what to type next', async () => {
    const unknown = await command('trace', ['ffffffffffffffffffffffffffffffff']);
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining('--slow')]);
    const wrong = await command('trace', [trace], 'ada:another');
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('PLINTH_GRAFANA_LOGIN')]);
    const none = await command('trace', [trace], '');
    expect([none.exitCode, none.stderr]).toEqual([1, expect.stringContaining('export PLINTH_GRAFANA_LOGIN')]);
    expect(none.stderr).not.toContain('a password');
  });
});
