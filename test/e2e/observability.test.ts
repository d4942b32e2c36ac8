import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { fewErrors } from '../../charts/kube/names.ts';
import { allQueries } from '../../charts/observability/queries.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { dashboardFiles } from '../../operators/grafana/chart.ts';
import { visit } from '../../scripts/cluster/visit.ts';
import { dashboardData } from '../../scripts/dashboards/panel-data.ts';
import { type DashboardView, viewOf } from '../../scripts/dashboards/panels.ts';
import { rangeOf } from '../../scripts/dashboards/time-range.ts';
import { watchdog } from '../../scripts/telemetry/alerts.ts';
import { traceById } from '../../scripts/telemetry/jaeger.ts';
import { logLines } from '../../scripts/telemetry/logs.ts';
import { instant } from '../../scripts/telemetry/metrics.ts';
import type { Trace } from '../../scripts/telemetry/span.ts';
import { jsonOf, openStore, type Store, type StoreName } from '../../scripts/telemetry/store.ts';
import { usage } from '../../scripts/telemetry/top.ts';
import { seriesOf } from '../observability/series-of.ts';
import { until } from '../until.ts';
import { gatewayPlace } from './gateway.ts';
import { httpsPort, said, World } from './identity/world.ts';
import { listInPod } from './observability/calls-to-pod.ts';

/** Namespaces of what observes. */
const parts = [
  'alertmanager',
  'jaeger',
  'node-exporter',
  'opentelemetry-agent',
  'opentelemetry-collector',
  'prometheus',
  'victoria-logs',
];

/** Series that exist only once what they count has happened. */
const afterTheFirstFault = [
  /^otelcol_exporter_(send_failed|enqueue_failed)_/,
  /^otelcol_receiver_refused_/,
  /^otelcol_processor_tail_sampling_/,
  /^node_timex_/,
  // This environment has none.
  /^k8s_statefulset_/,
];

const exemplars = z.object({
  data: z.array(z.object({ exemplars: z.array(z.object({ labels: z.object({ trace_id: z.string() }) })) })),
});

/** From one order to its trace, its lines, its statements, its metrics; and what a kill of each part costs. */
describe('observability', () => {
  const world = new World();
  let order = '';
  let trace: Trace;

  /** A port-forward of its own for each question: pods are replaced while the story runs. */
  async function inStore<T>(name: StoreName, work: (store: Store) => Promise<T>): Promise<T> {
    const store = await openStore('dev', name, world.checkout.root);
    try {
      return await work(store);
    } finally {
      store.close();
    }
  }

  const place = async (customer: string): Promise<string> => {
    const ended = await world.checkout.npm('orders', 'place', customer, 'plinth-1:1:500', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    return z.object({ id: z.string() }).parse(JSON.parse(ended.stdout)).id;
  };

  beforeAll(() =>
    world.begin((checkout) =>
      checkout.edit('clusters/dev/cluster.yaml', (text) =>
        text.replace(/^observability: .*$/m, 'observability: { store: light }'),
      ),
    ),
  );
  afterAll(() => world.end());

  it('starts with the cluster', async () => {
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
    const issued = await world.checkout.npm('certs', 'issue', 'me', '--for', 'orders');
    expect(issued.exitCode, said(issued)).toBe(0);
  });

  it('stores the log line of an order, with the id of its trace', async () => {
    order = await place('Ada');
    let id = '';
    await until(async () => {
      const lines = await inStore('victoria-logs', (store) =>
        logLines(store, { app: 'orders', since: '10m', grep: 'order placed' }, 10),
      );
      id = lines.find(({ fields }) => fields.order === order)?.trace ?? '';
      return id !== '';
    }, `the line of order ${order}`);
    await until(async () => {
      trace = await inStore('jaeger', (store) => traceById(store, id));
      return trace.spans.some(({ name }) => name === 'job orders.confirm');
    }, `the trace ${id} with its job`);
  });

  it('has one trace of an order through both services and both databases', () => {
    const names = trace.spans.map(({ service, name }) => `${service}: ${name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'orders: orders.v1.OrdersService/PlaceOrder',
        'orders: db place order',
        'jobs: jobs.v1.JobsService/Enqueue',
        'orders: job orders.confirm',
        'orders: db confirm order',
      ]),
    );
    expect(names.filter((name) => name.startsWith('jobs: db '))).not.toEqual([]);
    const ids = new Set(trace.spans.map(({ id }) => id));
    const roots = trace.spans.filter(({ parent }) => parent === undefined || !ids.has(parent));
    expect(roots.map(({ name }) => name)).toEqual(['orders.v1.OrdersService/PlaceOrder']);
    expect(trace.spans.filter(({ failed }) => failed)).toEqual([]);
  });

  it('prints a trace with its log lines, and lists it among the slowest', async () => {
    const printed = await world.checkout.npm('trace', trace.id);
    expect(printed.exitCode, said(printed)).toBe(0);
    expect(printed.stdout).toContain('orders.v1.OrdersService/PlaceOrder');
    expect(printed.stdout).toContain('order placed');
    const slow = await world.checkout.npm('trace', '--slow', 'orders', '--json');
    expect(
      z
        .array(z.object({ id: z.string() }))
        .parse(JSON.parse(slow.stdout))
        .map(({ id }) => id),
    ).toContain(trace.id);
    const lines = await world.checkout.npm('logs', 'orders', '--trace', trace.id);
    expect(lines.stdout).toContain('order placed');
  });

  it('logs a slow statement with the fingerprint under which it is counted', async () => {
    await world.probe.kubectl([
      ...['exec', '-n', 'orders', 'orders-db-1', '-c', 'postgres', '--'],
      ...['psql', '-d', 'orders', '-c', 'select pg_sleep(0.6) /* slow on purpose */'],
    ]);
    let fingerprint: unknown;
    await until(async () => {
      const lines = await inStore('victoria-logs', (store) =>
        logLines(store, { app: 'orders', since: '10m', grep: 'slow on purpose' }, 10),
      );
      const line = lines.find(({ message }) => message.startsWith('duration: '));
      fingerprint = line?.fields.query_id;
      return fingerprint !== undefined;
    }, 'the line of the slow statement');
    await until(
      async () => {
        const samples = await inStore('prometheus', (store) =>
          instant(store, `cnpg_statements_seconds{job="orders-db",fingerprint="${fingerprint}"}`),
        );
        return samples.some(({ value }) => value >= 0.6);
      },
      `the seconds of the statement ${fingerprint}`,
      { pauseMs: 2_000 },
    );
  });

  it('counts the request, with an exemplar that has the id of a trace', async () => {
    const query = 'traces_span_metrics_duration_seconds_bucket{service_name="orders"}';
    let found = '';
    await until(async () => {
      await place('Grace');
      const end = Date.now() / 1_000;
      const answer = await inStore('prometheus', (store) =>
        jsonOf(store, '/api/v1/query_exemplars', { query, start: `${end - 600}`, end: `${end}` }),
      );
      found = exemplars.parse(answer).data.flatMap((series) => series.exemplars)[0]?.labels.trace_id ?? '';
      return found !== '';
    }, 'an exemplar of orders');
    const led = await inStore('jaeger', (store) => traceById(store, found));
    expect(led.spans.map(({ service }) => service)).toContain('orders');
  });

  it('filters log lines by minimum level', async () => {
    const levels = async (...args: string[]) => {
      const ended = await world.checkout.npm('logs', ...args, '--since', '30m', '--json');
      expect(ended.exitCode, said(ended)).toBe(0);
      const lines = ended.stdout.split('\n').filter((line) => line !== '');
      return new Set(
        lines.map((line) => z.object({ level: z.string().optional() }).parse(JSON.parse(line)).level),
      );
    };
    expect(await levels('--level', 'warn')).toEqual(new Set(['warn', 'error']));
    expect(await levels('orders', '--level', 'info')).toContain('info');
  });

  it('groups errors that differ only in identifiers', async () => {
    for (const id of ['1b4e28ba-2fa1-41d2-883f-0016d3cca427', '6fa459ea-ee8a-4ca4-894e-db77e160355e']) {
      const line = JSON.stringify({ level: 'error', message: `on purpose: ${id} failed after 12 s` });
      await world.probe.kubectl([
        ...['exec', '-n', 'jobs', 'deploy/jobs', '-c', 'jobs', '--'],
        ...['node', '-e', `require('fs').writeFileSync('/proc/1/fd/1', ${JSON.stringify(`${line}\n`)})`],
      ]);
    }
    let found: string[] = [];
    await until(
      async () => {
        const ended = await world.checkout.npm('errors', 'jobs', '--since', '10m', '--json');
        const groups = z
          .array(z.object({ message: z.string(), count: z.number() }))
          .parse(JSON.parse(ended.stdout));
        found = groups.map(({ message, count }) => `${count} ${message}`);
        return found.includes('2 on purpose: <UUID> failed after <N> s');
      },
      () => `one group of two errors: ${found.join('; ')}`,
      { pauseMs: 2_000 },
    );
  });

  it('finds the synthetic requests of the front page in every store, and counts none of their errors', async () => {
    await until(
      async () => {
        const ended = await world.checkout.npm('status', '--json');
        const { probe } = z
          .object({
            probe: z.object({ signals: z.array(z.object({ signal: z.string(), reached: z.boolean() })) }),
          })
          .parse(JSON.parse(ended.stdout));
        return (
          probe.signals.map(({ signal }) => signal).join() === 'error,log,metric,trace' &&
          probe.signals.every(({ reached }) => reached)
        );
      },
      'all four signals',
      { seconds: 600, pauseMs: 10_000 },
    );
    const ended = await world.checkout.npm('errors', 'home', '--since', '1h', '--json');
    expect(ended.stdout).not.toContain('on purpose');
  });

  it('shows the resources and requests of every app', async () => {
    await until(async () => {
      const rows = await inStore('prometheus', usage);
      const orders = rows.find(({ name }) => name === 'orders');
      return [orders?.cpu, orders?.memory, orders?.requests, orders?.slow].every(
        (value) => value !== undefined,
      );
    }, 'processor, memory, requests and duration of orders');
    // The front page sends no spans of its requests: the gateway counts them.
    const place = await gatewayPlace(world.cluster, 'home.dev.localhost', httpsPort);
    await until(async () => {
      expect((await visit(place)).status).toBe(200);
      const rows = await inStore('prometheus', usage);
      const home = rows.find(({ name }) => name === 'home');
      return [home?.requests, home?.slow].every((value) => value !== undefined && value > 0);
    }, 'requests and duration of home');
  });

  it('has every series that an alert rule reads', async () => {
    const text = await world.probe.kubectl([
      ...['get', 'configmap', '-n', 'prometheus', '-o', 'jsonpath={.items[*].data.alerts\\.yaml}'],
    ]);
    const file = z.object({
      groups: z.array(z.object({ rules: z.array(z.looseObject({ expr: z.string() })) })),
    });
    const expressions = file.parse(parse(text)).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    const wanted = [...new Set(expressions.flatMap(seriesOf))].filter(
      (name) => !afterTheFirstFault.some((pattern) => pattern.test(name)),
    );
    let missing: string[] = [];
    await until(
      async () => {
        const names = z
          .object({ data: z.array(z.string()) })
          .parse(await inStore('prometheus', (store) => jsonOf(store, '/api/v1/label/__name__/values')));
        missing = wanted.filter((name) => !names.data.includes(name));
        return missing.length === 0;
      },
      () => `the series ${missing.join(', ')}`,
      { pauseMs: 5_000 },
    );
    for (const expression of expressions) await inStore('prometheus', (store) => instant(store, expression));
  });

  it('answers every dashboard query without an error, and with a series unless it may be empty', async () => {
    const { environments } = await loadGraph(world.checkout.root);
    const dev = environments.find(({ name }) => name === 'dev');
    if (dev === undefined) throw new Error('the graph has no environment dev');
    const asked = allQueries(dev);
    expect(asked.length).toBeGreaterThan(60);
    let missing: string[] = [];
    await until(
      async () => {
        missing = await inStore('prometheus', async (store) => {
          const empty: string[] = [];
          for (const { name, expr, mayBeEmpty } of asked) {
            try {
              const samples = await instant(store, expr);
              if (samples.length === 0 && mayBeEmpty === undefined) empty.push(`${name}: ${expr}`);
            } catch (error) {
              empty.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
            }
          }
          return empty;
        });
        return missing.length === 0;
      },
      () => `a series of ${missing.join('; ')}`,
      { pauseMs: 10_000 },
    );
  });

  it('shows each dashboard on a page, with the values of all stores', async () => {
    const { environments } = await loadGraph(world.checkout.root);
    const files = environments.filter(({ name }) => name === 'dev').flatMap(dashboardFiles);
    const shown = async (view: DashboardView) =>
      inStore('prometheus', (prometheus) =>
        inStore('victoria-logs', (lines) =>
          dashboardData(view, { prometheus, lines }, rangeOf('1h', Date.now() / 1_000)),
        ),
      );
    for (const view of files.map(viewOf)) {
      const { panels } = await shown(view);
      expect(panels.filter(({ kind }) => kind === 'error')).toEqual([]);
      if (view.name !== 'orders') continue;
      const titles = view.sections.flatMap((section) => section.panels.map(({ title }) => title));
      const panel = (title: string) => panels[titles.indexOf(title)];
      expect(panel('Rate')).toMatchObject({ series: expect.arrayContaining([expect.anything()]) });
      expect(panel('By level')).toMatchObject({ series: expect.arrayContaining([expect.anything()]) });
      expect(panel('Newest')).toMatchObject({ lines: expect.arrayContaining([expect.anything()]) });
      expect(panel('Duration')).toMatchObject({ exemplars: expect.arrayContaining([expect.anything()]) });
    }
  });

  it('fires no alert in the first ten minutes of a fresh cluster except the watchdog', async () => {
    const up = 'time() - process_start_time_seconds{job="prometheus"}';
    await until(
      async () => ((await inStore('prometheus', (store) => instant(store, up)))[0]?.value ?? 0) >= 600,
      'Prometheus to run for ten minutes',
      { seconds: 900, pauseMs: 10_000 },
    );
    const fired = await inStore('prometheus', (store) =>
      instant(store, 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1h]))'),
    );
    expect(fired.map(({ labels }) => labels.alertname)).toEqual([watchdog]);
    const ended = await world.checkout.npm('alerts', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
  });

  it('uses at most 600 MiB at rest', async () => {
    const ofParts = async (query: string) =>
      (await inStore('prometheus', (store) => instant(store, query))).flatMap(({ labels, value }) =>
        parts.includes(labels.namespace ?? '') ? [{ name: labels.namespace, value }] : [],
      );
    const sum = (rows: { value: number }[]) => rows.reduce((all, { value }) => all + value, 0);
    const bytes = await ofParts('sum by (namespace) (container_memory_working_set_bytes)');
    const cores = await ofParts('sum by (namespace) (rate(container_cpu_usage_seconds_total[9m]))');
    console.log(`all parts: ${mebibytes(sum(bytes))} MiB, ${(100 * sum(cores)).toFixed(1)} % of a core`);
    for (const { name, value } of bytes) {
      const core = cores.find((each) => each.name === name)?.value ?? Number.NaN;
      console.log(`  ${name}: ${mebibytes(value)} MiB, ${(100 * core).toFixed(1)} %`);
    }
    expect(bytes.map(({ name }) => name).sort()).toEqual(parts);
    expect(mebibytes(sum(bytes))).toBeLessThanOrEqual(600);
  });

  it('logs a deadlock with both statements, and counts it', async () => {
    const inOrder = (first: number, second: number) =>
      world.probe.kubectl([
        ...['exec', '-n', 'orders', 'orders-db-1', '-c', 'postgres', '--', 'psql', '-d', 'orders', '-c'],
        `select pg_advisory_xact_lock(${first}); select pg_sleep(2); select pg_advisory_xact_lock(${second})`,
      ]);
    const ended = await Promise.allSettled([inOrder(7001, 7002), inOrder(7002, 7001)]);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    let detail: unknown;
    await until(async () => {
      const lines = await inStore('victoria-logs', (store) =>
        logLines(store, { app: 'orders', since: '10m', grep: 'deadlock detected' }, 10),
      );
      detail = lines[0]?.fields['record.detail'];
      return detail !== undefined;
    }, 'the line of the deadlock');
    expect(detail).toContain('pg_advisory_xact_lock(7001)');
    expect(detail).toContain('pg_advisory_xact_lock(7002)');
    await until(
      async () => {
        const samples = await inStore('prometheus', (store) =>
          instant(store, 'cnpg_traffic_deadlocks{job="orders-db"}'),
        );
        return samples.some(({ value }) => value >= 1);
      },
      'the count of the deadlock',
      { pauseMs: 2_000 },
    );
  });

  it('loses no log line if the log store is killed', async () => {
    const marker = `counted-${Date.now()}`;
    const wanted = 300;
    const program = `for (let i = 0; i < ${wanted}; i++) setTimeout(() => console.log(JSON.stringify({ level: 'info', message: '${marker} ' + i })), i * 100)`;
    await world.probe.kubectl(['delete', 'pod', '-n', 'home', 'counter', '--ignore-not-found']);
    await world.probe.kubectl(['apply', '-f', '-'], JSON.stringify(counterPod(await homeImage(), program)));
    await until(async () => (await counted(marker)) > 20, 'the first lines');
    await world.probe.kubectl([
      'delete',
      'pod',
      '-n',
      'victoria-logs',
      '--all',
      '--grace-period=0',
      '--force',
    ]);
    let found = 0;
    await until(
      async () => {
        found = await counted(marker);
        return found >= wanted;
      },
      () => `${wanted} lines: ${found} are there`,
      { pauseMs: 2_000 },
    );
    expect(found).toBe(wanted);
    await world.probe.kubectl(['delete', 'pod', '-n', 'home', 'counter', '--grace-period=0', '--force']);
  });

  it('traces and counts again after the collector and Prometheus are killed', async () => {
    const killed = ['opentelemetry-collector', 'prometheus', 'jaeger'];
    const before = new Set((await Promise.all(killed.map(readyPods))).flat());
    for (const part of killed) {
      await world.probe.kubectl(['delete', 'pod', '-n', part, '--all', '--grace-period=0', '--force']);
    }
    for (const part of killed) {
      await until(
        async () => (await readyPods(part)).some((pod) => !before.has(pod)),
        `a new pod of ${part}`,
      );
    }
    const again = await place('Katherine');
    let id = '';
    await until(async () => {
      const lines = await inStore('victoria-logs', (store) =>
        logLines(store, { app: 'orders', since: '10m', grep: 'order placed' }, 1_000),
      );
      id = lines.find(({ fields }) => fields.order === again)?.trace ?? '';
      return id !== '';
    }, `the line of order ${again}`);
    await until(async () => {
      const found = await inStore('jaeger', (store) => traceById(store, id));
      return found.spans.some(({ name }) => name === 'db place order');
    }, `the trace ${id}`);
    // The first trace outlived its store's pod.
    expect(
      (await inStore('jaeger', (store) => traceById(store, trace.id))).spans.length,
    ).toBeGreaterThanOrEqual(trace.spans.length);
  });

  it('stops the roll-out of a version that fails its requests, and shows why', async () => {
    const { checkout, cluster } = world;
    await checkout.edit('apps/orders/app.ts', (text) =>
      text.replace(/^ {2}identity: .*$/m, "$&\n  rollout: { watch: '2m', errors: { most: 5 } },"),
    );
    const gated = await checkout.npm('deploy');
    expect(gated.exitCode, said(gated)).toBe(0);
    const pods = async () => (await readyPods('orders')).filter((name) => /^orders-[0-9a-f]{6,}-/.test(name));
    await until(async () => (await pods()).length === 1, 'the pod of before to end');
    const [old = ''] = await pods();
    await checkout.edit('apps/orders/src/perform.ts', (text) =>
      text.replace(
        /^ {2}listOrders: .*$/m,
        "  listOrders: () => Promise.reject(new Error('a bad version')),",
      ),
    );
    await checkout.npmKilledAt(/New pods serve/, 'deploy', 0, 'orders');
    let young = '';
    await until(async () => {
      young = (await pods()).find((name) => name !== old) ?? '';
      return young !== '';
    }, 'a pod of the bad version');
    expect([await listInPod(cluster, old, 10), await listInPod(cluster, young, 20)]).toEqual([10, 0]);
    const path = `jsonpath={.status.conditions[?(@.type=="${fewErrors}")]['status','message']}`;
    const gate = () => world.probe.kubectl(['get', 'pod', '-n', 'orders', young, '-o', path]);
    await until(async () => (await gate()).startsWith('False'), 'the gate to close');
    expect(await gate()).toContain('20 of its 20 requests failed');
    await until(async () => (await pods()).join() === old, 'the pod of the bad version to get no requests');
    const shown = await checkout.npm('status');
    expect(shown.stdout + shown.stderr).toContain('20 of its 20 requests failed');
    expect(await listInPod(cluster, old, 1)).toBe(1);
  });

  it('lets a pod read the signals only where its app has the edge', async () => {
    const targets = [
      'prometheus.prometheus.svc.cluster.local:9090',
      'victoria-logs.victoria-logs.svc.cluster.local:9428',
      'jaeger.jaeger.svc.cluster.local:16686',
    ];
    const ofPrometheus = 'alertmanager.alertmanager.svc.cluster.local:9093';
    // `home` has all three edges: the addresses are right, and what follows is refused by the network policies.
    for (const target of targets) expect(await connects('home', target), target).toBe('connected');
    for (const target of [...targets, ofPrometheus])
      expect(await connects('jobs', target), target).not.toBe('connected');
    expect(await connects('home', ofPrometheus)).not.toBe('connected');
  });

  /** What a pod of an app gets from an address: `connected`, `nothing`, or the code of an error. */
  async function connects(app: string, target: string): Promise<string> {
    const [host, port] = target.split(':');
    const line = `require('net').connect({ host: '${host}', port: ${port}, timeout: 3000 }).on('connect', () => { console.log('connected'); process.exit() }).on('timeout', () => { console.log('nothing'); process.exit() }).on('error', (error) => { console.log(error.code); process.exit() })`;
    const text = await world.probe.kubectl([
      ...['exec', '-n', app, `deploy/${app}`, '--', 'node', '-e', line],
    ]);
    return text.trim();
  }

  /** Names of the pods of a part that are ready. */
  async function readyPods(part: string): Promise<string[]> {
    const ready = '{.status.conditions[?(@.type=="Ready")].status}';
    const path = `jsonpath={range .items[*]}{.metadata.name} ${ready}{"\\n"}{end}`;
    const lines = (await world.probe.kubectl(['get', 'pods', '-n', part, '-o', path])).split('\n');
    return lines.flatMap((line) => (line.endsWith(' True') ? [line.split(' ')[0] ?? ''] : []));
  }

  async function counted(marker: string): Promise<number> {
    const lines = await inStore('victoria-logs', (store) =>
      logLines(store, { app: 'home', since: '15m', grep: marker }, 1_000),
    );
    return new Set(lines.map(({ message }) => message)).size;
  }

  async function homeImage(): Promise<string> {
    const path = 'jsonpath={.spec.template.spec.containers[0].image}';
    return (await world.probe.kubectl(['get', 'deploy', 'home', '-n', 'home', '-o', path])).trim();
  }
});

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function counterPod(image: string, program: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'counter', namespace: 'home' },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'counter',
          image,
          command: ['node', '-e', program],
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '96Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    },
  };
}
