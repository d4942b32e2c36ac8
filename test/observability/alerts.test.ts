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
    testApp({ name: 'home', uses: [{ kind: 'metrics', reason: 'It plots them.' }] }),
  ],
  operators: [alertmanager, certManager, agent, collector, flux, nodeExporter, prometheus, victoriaLogs],
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
