import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { alertRules } from './alert-rules.ts';
import type { PrometheusRule } from './prometheus-rule.ts';
import { runbookFile } from './runbook.ts';

const app = testApp({
  name: 'orders',
  objective: { success: 99.5, within: '500ms' },
  database: { storage: '1Gi' },
});
const home = testApp({ name: 'home', uses: [{ kind: 'metrics', reason: 'It plots them.' }] });
const operators = [
  'flux',
  'cert-manager',
  'alertmanager',
  'opentelemetry-agent',
  'opentelemetry-collector',
  'prometheus',
  'rollout-gate',
  'victoria-logs',
].map((name) => ({
  name,
  summary: `${name}.`,
  namespace: name,
  metrics: [{ workload: name, port: 8080 }],
}));
const rules = (env: Parameters<typeof environment>[0]) =>
  alertRules(environment(env)).groups.flatMap((group) => group.rules);
const alerts = (all: PrometheusRule[]) => all.filter((rule) => 'alert' in rule);

describe('the rules of alerts', () => {
  const all = rules({
    apps: [app, home],
    operators,
    cluster: {
      databases: {
        instances: 3,
        backups: { destination: 's3://backups', credentials: { secret: 'backups' } },
      },
    },
  });

  it('have no duplicates of name and labels, which Prometheus would treat as one', () => {
    const keys = all.map((rule) => JSON.stringify(['alert' in rule ? rule.alert : rule.record, rule.labels]));
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('each have a section in the runbooks, which has no others', () => {
    const text = readFileSync(join(import.meta.dirname, '../..', runbookFile), 'utf8');
    const parts = [...text.matchAll(/^## (\w+)$/gm)].map(
      ([, name]) => `${runbookFile}#${name?.toLowerCase()}`,
    );
    const named = new Set(alerts(all).map((rule) => rule.annotations.runbook));
    expect([...named].sort()).toEqual([...parts].sort());
  });

  it('fire by the error budget of the objective: 14.4 times half a percent in an hour', () => {
    const fast = alerts(all).find(({ labels }) => labels.app === 'orders' && labels.window === '1h');
    expect(fast?.expr).toContain('app:bad_requests:ratio1h{app="orders"} > 0.072 and');
    expect(fast?.labels.severity).toBe('page');
  });

  it('do not include apps without an objective, or operators that do not run', () => {
    const names = alerts(rules({ apps: [testApp({ name: 'quiet' })] })).map((rule) => rule.alert);
    expect(names).not.toContain('ErrorBudgetBurns');
    expect(names).not.toContain('FluxFails');
    expect(names).not.toContain('CertificateNotRenewed');
    for (const name of ['SignalNotReached', 'LogsFlood', 'LogsStoreFull', 'TracesNotStored'])
      expect(names).not.toContain(name);
  });
});
