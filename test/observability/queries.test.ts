import { expect, it } from 'vitest';
import { series } from '../../apps/home/src/signals.ts';
import { allQueries, appSeries } from '../../charts/observability/queries.ts';
import certManager from '../../operators/cert-manager/operator.ts';
import traefik from '../../operators/traefik/operator.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { missingPromtool, promtool } from './promtool.ts';

const env = environment({
  apps: [
    testApp({
      name: 'orders-eu',
      database: { storage: '1Gi' },
      objective: { success: 99.5, within: '500ms' },
    }),
    testApp({ name: 'jobs', metrics: { port: 'http' } }),
  ],
  operators: [certManager, traefik],
});

it('every query of every dashboard is PromQL that promtool accepts', async ({ skip }) => {
  const missing = await missingPromtool();
  if (missing !== undefined) return skip(missing);
  const rules = allQueries(env).map(({ expr }, i) => ({ record: `query_${i}`, expr }));
  expect(rules.length).toBeGreaterThan(50);
  const file = (given: object[]) => ({ 'rules.yaml': { groups: [{ name: 'queries', rules: given }] } });
  expect(await promtool(['check', 'rules', 'rules.yaml'], file(rules))).toBe('');
  expect(
    await promtool(['check', 'rules', 'rules.yaml'], file([{ record: 'bad', expr: 'sum by (up' }])),
  ).not.toBe('');
});

it('the plots of the front page ask for the series that Prometheus records', () => {
  expect(series).toEqual(appSeries);
});
