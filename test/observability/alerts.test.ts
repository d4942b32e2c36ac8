import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { alertRules } from '../../charts/observability/alert-rules.ts';
import { prometheusConfig } from '../../charts/observability/prometheus-config.ts';
import alertmanager from '../../operators/alertmanager/operator.ts';
import certManager from '../../operators/cert-manager/operator.ts';
import flux from '../../operators/flux/operator.ts';
import nodeExporter from '../../operators/node-exporter/operator.ts';
import agent from '../../operators/opentelemetry-agent/operator.ts';
import collector from '../../operators/opentelemetry-collector/operator.ts';
import prometheus from '../../operators/prometheus/operator.ts';
import rolloutGate from '../../operators/rollout-gate/operator.ts';
import victoriaLogs from '../../operators/victoria-logs/operator.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { type AlertCase, cases, days } from './alert-cases.ts';
import { missingPromtool, promtool } from './promtool.ts';

const env = environment({
  apps: [
    testApp({
      name: 'orders',
      metrics: { port: 'http' },
      objective: { success: 99.5, within: '500ms' },
      database: { storage: '1Gi' },
    }),
    testApp({ name: 'pr-12-orders', database: { storage: '1Gi' } }),
    testApp({ name: 'home', uses: [{ kind: 'metrics', reason: 'It plots them.' }] }),
  ],
  operators: [
    ...[alertmanager, certManager, agent, collector, flux, nodeExporter, prometheus, rolloutGate],
    victoriaLogs,
  ],
  cluster: {
    databases: {
      instances: 3,
      backups: { destination: 's3://backups', credentials: { secret: 'backups' } },
    },
  },
});
const rules = alertRules(env);

/**
 * The configuration without its discovery of targets by the API server: Debian 12 builds Prometheus without it. All
 * the rest is judged.
 */
function withoutDiscovery(config: object): object {
  const text = JSON.stringify(config, (key, value: unknown) =>
    key === 'kubernetes_sd_configs' ? undefined : value,
  );
  return z.looseObject({}).parse(JSON.parse(text));
}

const missing = await missingPromtool();

// An ordinary user may install nothing; CI on a machine as root judges the rules.
describe.skipIf(missing !== undefined)(missing ?? 'alerts, by promtool', () => {
  it('are valid rules in a valid configuration of Prometheus', async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', 'rules.yaml'], { 'rules.yaml': rules })).toBe(
      '',
    );
    const args = ['check', 'config', '--syntax-only', 'prometheus.yaml'];
    expect(await promtool(args, { 'prometheus.yaml': withoutDiscovery(prometheusConfig(env)) })).toBe('');
  });

  it('each fire in at least one case', () => {
    const fired = new Set(
      [...cases, ...days].filter(({ fires }) => fires !== undefined).map(({ alert }) => alert),
    );
    const all = rules.groups
      .flatMap((group) => group.rules)
      .flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
    // It is made of `absent`, which a series in a test would end: it has a test of its own.
    expect([...new Set(all)].filter((name) => !fired.has(name))).toEqual(['TargetAbsent']);
  });

  it('each have a case without a fault in which they stay silent, except the watchdog', () => {
    const healthy = new Set(
      [...cases, ...days].filter(({ fires }) => fires === undefined).map(({ alert }) => alert),
    );
    const all = rules.groups
      .flatMap((group) => group.rules)
      .flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
    expect([...new Set(all)].filter((name) => !healthy.has(name))).toEqual(['Watchdog', 'TargetAbsent']);
  });

  it('fire and stay silent as each case expects', async () => {
    expect(await testRules([...cases.map(ruleTest), absent])).toBe('');
    const halfHours = days.map((each) => ({ ...ruleTest(each), interval: '30m' }));
    expect(await testRules(halfHours, '30m')).toBe('');
  }, 600_000);

  it('of an objective carry the request that failed most, new releases, and the commands for the rest', async () => {
    const failing = evidenceTest(
      {
        [failed('PlaceOrder')]: '0+8x70',
        [failed('GetOrder')]: '0+2x70',
        [ready('v1')]: '1x70',
        [ready('v2')]: '_x60 1x10',
      },
      (window) => `PlaceOrder, ${window === '1h' ? 480 : 520} times`,
      'v1, v2',
    );
    const slow = evidenceTest({}, () => 'none; requests were slow', 'nothing');
    expect(await testRules([failing, slow])).toBe('');
  }, 120_000);

  it('are evaluated: a case that expects the opposite fails', async () => {
    const wrong = ruleTest({
      alert: 'NodeNotReady',
      series: { 'k8s_node_condition_ready{node="a"}': '1x10' },
      fires: 8,
    });
    expect(await testRules([wrong])).toContain('FAILED');
  });
});

function testRules(tests: object[], interval = '1m'): Promise<string> {
  return promtool(['test', 'rules', 'test.yaml'], {
    'rules.yaml': rules,
    'test.yaml': { rule_files: ['rules.yaml'], evaluation_interval: interval, tests },
  });
}

function ruleTest({ alert, series, fires, quiet, labels }: AlertCase, i = 0): object {
  const at = (minute: number, firing: boolean) => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"${labels === undefined ? '' : `,${labels}`}}) > bool 0`,
    eval_time: `${minute}m`,
    exp_samples: firing ? [{ labels: '{}', value: 1 }] : [],
  });
  return {
    name: `${alert}, case ${i + 1}`,
    interval: '1m',
    input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
    promql_expr_test: [
      ...(fires === undefined ? [] : [at(fires, true)]),
      ...(quiet === undefined ? [] : [at(quiet, false)]),
    ],
  };
}

const failed = (name: string) =>
  `traces_span_metrics_calls_total{service_name="orders",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_ERROR",span_name="${name}"}`;
const ready = (tag: string) =>
  `k8s_container_ready{namespace="orders",container="orders",image_tag="${tag}"}`;

/** Half of the requests are bad: each alert of the objective fires, with its evidence. */
function evidenceTest(
  series: Record<string, string>,
  most: (window: string) => string,
  released: string,
): object {
  const durations = (name: string, labels: string) =>
    `traces_span_metrics_duration_seconds_${name}{service_name="orders",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_UNSET"${labels}}`;
  const all = {
    ...series,
    [durations('count', '')]: '0+20x70',
    [durations('bucket', ',le="0.5"')]: '0+10x70',
  };
  const alerts = [
    ['1h', 'page', '14.4'],
    ['6h', 'page', '6'],
    ['1d', 'ticket', '3'],
    ['3d', 'ticket', '1'],
  ].map(([window = '', severity, factor]) => ({
    exp_labels: { app: 'orders', burn_in: 'true', severity, window },
    exp_annotations: {
      summary: `orders: the error budget burned more than ${factor} times too fast over ${window} (objective: 99.5 % within 500ms).`,
      runbook: 'docs/runbooks.md#errorbudgetburns',
      evidence: [
        `Failed most: ${most(window)}`,
        `Released in the last day: ${released}`,
        'Traces: npm run trace -- --slow orders --env test',
        `Errors: npm run errors -- orders --since ${window} --env test`,
        `Lines: npm run logs -- orders --level error --since ${window} --env test`,
      ].join('\n'),
    },
  }));
  return {
    interval: '1m',
    input_series: Object.entries(all).map(([each, values]) => ({ series: each, values })),
    alert_rule_test: [{ eval_time: '65m', alertname: 'ErrorBudgetBurns', exp_alerts: alerts }],
  };
}

/** It names each job of which no pod is found. */
const absent = {
  name: 'TargetAbsent',
  interval: '1m',
  input_series: [{ series: 'up{job="orders"}', values: '1x30' }],
  promql_expr_test: [
    {
      expr: 'count(ALERTS{alertname="TargetAbsent",alertstate="firing",job="cert-manager"})',
      eval_time: '16m',
      exp_samples: [{ labels: '{}', value: 1 }],
    },
    { expr: 'count(ALERTS{alertname="TargetAbsent",job="orders"})', eval_time: '16m', exp_samples: [] },
  ],
};
