import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { field, listField } from '../charts/kube/field.ts';
import type { Component } from '../charts/kube/kube-object.ts';
import { rateWindow } from '../charts/observability/dashboards.ts';
import { allQueries } from '../charts/observability/queries.ts';
import { runsIn } from '../model/environment.ts';
import { authorities } from '../model/identity.ts';
import { type OperatorInput, operatorSchema } from '../model/operator.ts';
import { find } from '../test/charts/find.ts';
import { environment, testApp } from '../test/charts/fixture.ts';
import { lokiConfiguration, tempoConfiguration } from '../test/observability/documented-config.ts';
import { dataSourceKeys, grafanaKeys, keysOf } from '../test/observability/documented-keys.ts';
import alertmanagerOperator from './alertmanager/operator.ts';
import certManagerOperator from './cert-manager/operator.ts';
import fluxOperator from './flux/operator.ts';
import { dashboardFiles, chart as grafana, makeSecrets } from './grafana/chart.ts';
import grafanaOperator from './grafana/operator.ts';
import { grafanaIni } from './grafana/settings.ts';
import jaegerOperator from './jaeger/operator.ts';
import { chart as loki } from './loki/chart.ts';
import lokiOperator from './loki/operator.ts';
import nodeExporterOperator from './node-exporter/operator.ts';
import { chart as agent } from './opentelemetry-agent/chart.ts';
import agentOperator from './opentelemetry-agent/operator.ts';
import { chart as collector } from './opentelemetry-collector/chart.ts';
import collectorOperator from './opentelemetry-collector/operator.ts';
import { chart as prometheus } from './prometheus/chart.ts';
import prometheusOperator from './prometheus/operator.ts';
import { chart as tempo } from './tempo/chart.ts';
import tempoOperator from './tempo/operator.ts';
import traefikOperator from './traefik/operator.ts';
import victoriaLogsOperator from './victoria-logs/operator.ts';

const golden = join(import.meta.dirname, 'golden');
const running: OperatorInput[] = [
  alertmanagerOperator,
  certManagerOperator,
  fluxOperator,
  grafanaOperator,
  lokiOperator,
  nodeExporterOperator,
  agentOperator,
  collectorOperator,
  prometheusOperator,
  tempoOperator,
  traefikOperator,
];
const given = {
  apps: [
    testApp({
      name: 'orders',
      database: { storage: '1Gi' },
      objective: { success: 99.5, within: '500ms' },
      uses: [{ kind: 'app', app: 'jobs', port: 'http' }],
    }),
    testApp({ name: 'jobs', metrics: { port: 'http' } }),
  ],
  operators: running,
};
const observed = {
  observability: { store: 'grafana' },
  retention: { metrics: '2d', logs: '3d', traces: '1d' },
  storage: { metrics: '1Gi', logs: '2Gi', traces: '1Gi' },
};
const env = environment({ ...given, cluster: observed });
const onAws = environment({
  ...given,
  cluster: { ...observed, provider: { kind: 'aws', region: 'eu-central-1', account: '111122223333' } },
});

function config(component: Component, file: string): unknown {
  const data: unknown = field(find(component, 'ConfigMap', component.name), 'data');
  return parse(String(Object(data)[file]));
}

function text(component: Component, file: string): string {
  return String(Object(field(find(component, 'ConfigMap', component.name), 'data'))[file]);
}

function pod(component: Component): unknown {
  return field(find(component, 'Deployment', component.name), 'spec', 'template', 'spec');
}

describe('the store `grafana`', () => {
  it('has Loki, Tempo and Grafana instead of VictoriaLogs and Jaeger', () => {
    const names = (store: unknown) =>
      [...running, jaegerOperator, victoriaLogsOperator]
        .map((operator) => operatorSchema.parse(operator))
        .filter(({ stores }) => stores !== undefined)
        .filter((operator) => runsIn(operator, environment({ cluster: { observability: store } }).cluster))
        .map(({ name }) => name)
        .sort();
    const both = [
      'alertmanager',
      'node-exporter',
      'opentelemetry-agent',
      'opentelemetry-collector',
      'prometheus',
    ];
    expect(names({ store: 'grafana' })).toEqual([...both, 'grafana', 'loki', 'tempo'].sort());
    expect(names({ store: 'light' })).toEqual([...both, 'jaeger', 'victoria-logs'].sort());
    expect(names('off')).toEqual([]);
  });

  it('gives only the callers of Loki and Tempo a certificate each', () => {
    const leaves = (name: string) =>
      authorities(env)
        .find((authority) => authority.name === name)
        ?.leaves.map(({ namespace, usage }) => `${namespace} ${usage}`);
    expect(leaves('loki')).toEqual([
      'grafana client',
      'loki server',
      'opentelemetry-agent client',
      'opentelemetry-collector client',
      'prometheus client',
    ]);
    expect(leaves('tempo')).toEqual([
      'grafana client',
      'opentelemetry-collector client',
      'prometheus client',
      'tempo server',
    ]);
  });

  it('makes the collectors send log lines to Loki and traces to Tempo, over mutual TLS', () => {
    for (const chart of [agent, collector]) {
      const component = chart(env);
      expect(field(config(component, 'collector.yaml'), 'exporters', 'otlp_http')).toMatchObject({
        logs_endpoint: 'https://loki.loki.svc.cluster.local:3100/otlp/v1/logs',
        tls: { cert_file: '/identity/loki-client/tls.crt', ca_file: '/identity/loki-client/roots.pem' },
      });
      expect(JSON.stringify(find(component, 'NetworkPolicy', component.name).spec)).toContain(
        '"kubernetes.io/metadata.name":"loki"',
      );
    }
    expect(field(config(collector(env), 'collector.yaml'), 'exporters', 'otlp_grpc')).toMatchObject({
      endpoint: 'tempo.tempo.svc.cluster.local:4317',
      tls: { cert_file: '/identity/tempo-client/tls.crt' },
    });
  });

  it('lets Grafana query Prometheus, and nothing if there is no Grafana', () => {
    const ingress = (given: typeof env) =>
      listField(find(prometheus(given), 'NetworkPolicy', 'prometheus'), 'spec', 'ingress');
    expect(ingress(env)).toMatchObject([
      { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'grafana' } } }] },
    ]);
    const others = running.filter(({ name }) => name !== 'grafana');
    expect(ingress(environment({ ...given, operators: others, cluster: observed }))).toEqual([]);
  });
});

describe('the configuration of', () => {
  const cases = [
    ['Loki on a volume', () => loki(env), 'loki.yaml', 'loki.yaml', lokiConfiguration],
    ['Loki on S3', () => loki(onAws), 'loki.yaml', 'loki-s3.yaml', lokiConfiguration],
    ['Tempo on a volume', () => tempo(env), 'tempo.yaml', 'tempo.yaml', tempoConfiguration],
    ['Tempo on S3', () => tempo(onAws), 'tempo.yaml', 'tempo-s3.yaml', tempoConfiguration],
  ] as const;

  it.each(cases)(
    '%s is this, with keys and values of the types that upstream documents',
    async (_, made, file, name, documented) => {
      const component = made();
      await expect(text(component, file)).toMatchFileSnapshot(join(golden, name));
      expect(documented.safeParse(config(component, file)).error?.issues).toBeUndefined();
    },
  );

  it.each([
    ['a key that nobody documents', 'max_line_size: 256KB', 'max_line_length: 256KB'],
    ['a duration without a unit', 'split_queries_by_interval: 6h', 'split_queries_by_interval: 6'],
    ['a size of another notation', 'per_stream_rate_limit: 4MB', 'per_stream_rate_limit: 4Mi'],
    ['an action that does not exist', 'action: index_label', 'action: label'],
  ])('Loki would be refused with %s', (_, right, wrong) => {
    const loki = readFileSync(join(golden, 'loki.yaml'), 'utf8');
    expect(loki).toContain(right);
    expect(lokiConfiguration.safeParse(parse(loki.replace(right, wrong))).success).toBe(false);
  });

  it('Grafana is this, and has no key that upstream does not document', async () => {
    await expect(grafanaIni()).toMatchFileSnapshot(join(golden, 'grafana.ini'));
    const keys = grafanaIni()
      .split(/^\[/m)
      .slice(1)
      .flatMap((section) => {
        const [head = '', ...lines] = section.split('\n');
        return lines
          .filter((line) => line !== '')
          .map((line) => `${head.replace(']', '')}.${line.split(' = ')[0]}`);
      });
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !grafanaKeys.includes(key))).toEqual([]);
  });

  it('the data sources is this, and has no key that upstream does not document', async () => {
    const component = grafana(env);
    await expect(text(component, 'data-sources.yaml')).toMatchFileSnapshot(join(golden, 'data-sources.yaml'));
    const sources = listField(config(component, 'data-sources.yaml'), 'datasources');
    expect(keysOf(sources).filter((key) => !dataSourceKeys.includes(key))).toEqual([]);
  });
});

describe('Loki and Tempo on S3', () => {
  it.each([
    ['loki', loki],
    ['tempo', tempo],
  ])('%s uses the role that the stacks create for its service account', (name, chart) => {
    const container = field(pod(chart(onAws)), 'containers', 0);
    expect(listField(container, 'env')).toContainEqual({
      name: 'AWS_ROLE_ARN',
      value: `arn:aws:iam::111122223333:role/plinth-test-${name}`,
    });
    expect(listField(container, 'env')).toContainEqual({
      name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
      value: '/aws/aws-token',
    });
    expect(field(pod(chart(onAws)), 'serviceAccountName')).toBe(name);
    expect(JSON.stringify(pod(chart(env)))).not.toContain('AWS_');
  });

  it('have egress to S3, and none if they use a volume', () => {
    const egress = (component: Component) =>
      listField(find(component, 'NetworkPolicy', component.name), 'spec', 'egress');
    expect(egress(loki(onAws))).toContainEqual({ ports: [{ protocol: 'TCP', port: 443 }] });
    expect(egress(loki(env))).toEqual([]);
  });
});

describe('Grafana', () => {
  const component = grafana(env);
  const sources = listField(config(component, 'data-sources.yaml'), 'datasources');

  it('creates its secrets once, readable only for its user, and keeps them', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'plinth-grafana-')), 'secrets');
    const make = () => execFileSync('/bin/sh', ['-euc', makeSecrets, 'secrets', folder, 'password', 'key']);
    try {
      make();
      const first = ['password', 'key'].map((name) => readFileSync(join(folder, name), 'utf8').trim());
      make();
      const second = ['password', 'key'].map((name) => readFileSync(join(folder, name), 'utf8').trim());
      expect(second).toEqual(first);
      expect(new Set(first).size).toBe(2);
      for (const secret of first) expect(secret).toMatch(/^[A-Za-z0-9+/]{32}$/);
      expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(join(folder, '..'), { recursive: true });
    }
  });

  it('has a mounted file for every file in its settings', () => {
    const files = [...`${grafanaIni()}${JSON.stringify(sources)}`.matchAll(/\$__file\{([^}]+)\}/g)].map(
      ([, path = '']) => path,
    );
    const mounted = listField(field(pod(component), 'containers', 0), 'volumeMounts').map((mount) =>
      String(field(mount, 'mountPath')),
    );
    expect(files.length).toBe(8);
    expect(files.filter((path) => !mounted.some((mount) => path.startsWith(`${mount}/`)))).toEqual([]);
  });

  it('has links only to existing data sources', () => {
    const uids = sources.map((source) => field(source, 'uid'));
    const led = [...JSON.stringify(sources).matchAll(/"datasourceUid":"(\w+)"/g)].map(([, uid]) => uid);
    expect(led.sort()).toEqual(['loki', 'prometheus', 'tempo', 'tempo']);
    expect(led.filter((uid) => !uids.includes(uid))).toEqual([]);
  });

  it('has no Secret in its manifests, and requires a login', () => {
    expect(component.objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(grafanaIni()).toContain('[auth.anonymous]\nenabled = false');
  });
});

describe('the dashboards', () => {
  const files = dashboardFiles(env);
  const panels = files.flatMap(({ name, dashboard }) =>
    listField(dashboard, 'panels').map((panel) => ({ name, panel })),
  );
  const targets = panels.flatMap(({ name, panel }) =>
    listField(panel, 'targets').map((target) => ({
      name,
      title: String(field(panel, 'title')),
      source: String(field(panel, 'datasource', 'uid')),
      expr: String(field(target, 'expr')),
    })),
  );

  it('exist for the platform and each app, with unique names', () => {
    expect(files.map(({ folder, name, dashboard }) => [folder, name, dashboard.uid])).toEqual([
      ['Platform', 'platform', 'platform'],
      ['Apps', 'orders', 'orders'],
      ['Apps', 'jobs', 'jobs'],
    ]);
  });

  it('show database, objective and jobs only for apps that have them', () => {
    const rows = (file: string) =>
      panels
        .filter(({ name, panel }) => name === file && field(panel, 'type') === 'row')
        .map(({ panel }) => field(panel, 'title'));
    expect(rows('orders')).toEqual([
      'Requests',
      'Saturation',
      'Database',
      'Jobs',
      'Certificates',
      'Log lines',
    ]);
    expect(rows('jobs')).toEqual(['Requests', 'Saturation', 'Jobs', 'Certificates', 'Log lines']);
    expect(targets.some(({ name, title }) => name === 'jobs' && title === 'Objective')).toBe(false);
  });

  it('use exactly the queries of the list that is tested against a running Prometheus', () => {
    const asked = targets
      .filter(({ source }) => source === 'prometheus')
      .map(({ expr }) => expr.replace(/^count\((.*)\) or vector\(0\)$/, '$1'));
    const marked = files.flatMap(({ dashboard }) =>
      listField(dashboard.annotations, 'list').map((each) => String(field(each, 'target', 'expr'))),
    );
    const counted = new Set([...asked, ...marked]);
    const known = allQueries(env, rateWindow).map(({ expr }) =>
      expr.replace(/^count\((.*)\) or vector\(0\)$/, '$1'),
    );
    expect(known.length).toBeGreaterThan(60);
    expect([...counted].filter((expr) => !known.includes(expr))).toEqual([]);
    expect(known.filter((expr) => !counted.has(expr))).toEqual([]);
  });

  it('select log lines by labels that Loki creates from attributes', () => {
    const asked = targets.filter(({ source }) => source === 'loki');
    expect(asked.length).toBe(4);
    for (const { expr } of asked) expect(expr).toMatch(/\{k8s_namespace_name="(orders|jobs)"\}/);
  });

  it('have panels that fit into 24 columns without overlaps', () => {
    for (const { dashboard } of files) {
      const cells = listField(dashboard, 'panels').flatMap((panel) => {
        const { x, y, w, h } = Object(field(panel, 'gridPos'));
        return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
      });
      expect(cells.filter((cell, i) => cells.indexOf(cell) !== i)).toEqual([]);
      expect(cells.filter((cell) => Number(cell.split(',')[0]) >= 24)).toEqual([]);
    }
  });

  it('link durations of requests to their traces, and mark releases', () => {
    const duration = panels.find(
      ({ name, panel }) => name === 'orders' && field(panel, 'title') === 'Duration',
    );
    expect(listField(duration?.panel, 'targets').map((target) => field(target, 'exemplar'))).toEqual([
      true,
      true,
      true,
    ]);
    const orders = files.find(({ name }) => name === 'orders')?.dashboard;
    expect(listField(orders?.annotations, 'list').map((each) => field(each, 'name'))).toEqual(['Releases']);
  });
});
