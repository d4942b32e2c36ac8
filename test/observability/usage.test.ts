import { describe, expect, it } from 'vitest';
import { alertRules } from '../../charts/observability/alert-rules.ts';
import { appSeries, queries } from '../../charts/observability/queries.ts';
import { environment } from '../charts/fixture.ts';
import { missingPromtool, promtool } from './promtool.ts';

/* Requests of an app that sends spans, of one that sends none and is reached at the gateway, and of one that is reached in both ways. */

const rules = alertRules(environment({}));
const missing = await missingPromtool();

const calls = (app: string, code: string) =>
  `traces_span_metrics_calls_total{service_name="${app}",span_kind="SPAN_KIND_SERVER",span_name="GET /",status_code="STATUS_CODE_${code}"}`;
const durations = (app: string, le: string) =>
  `traces_span_metrics_duration_seconds_bucket{service_name="${app}",span_kind="SPAN_KIND_SERVER",span_name="GET /",le="${le}"}`;
const atGateway = (app: string, code: string) =>
  `traefik_router_requests_total{service_name="${app}",code="${code}",method="GET"}`;
const routed = (app: string, le: string) =>
  `traefik_router_request_duration_seconds_bucket{service_name="${app}",code="200",method="GET",le="${le}"}`;

/** So many a minute. */
const every = (count: number) => `0+${count}x20`;

const series = {
  // Twice a second, a fourth of them failed.
  [calls('traced', 'UNSET')]: every(90),
  [calls('traced', 'ERROR')]: every(30),
  [durations('traced', '0.5')]: every(120),
  [durations('traced', '+Inf')]: every(120),
  // The gateway counts fewer, because others come past it.
  [atGateway('traced', '200')]: every(6),
  [atGateway('traced', '502')]: every(6),
  [routed('traced', '0.5')]: '0x20',
  [routed('traced', '+Inf')]: every(6),
  // Once a second, a tenth of them failed.
  [atGateway('silent', '200')]: every(54),
  [atGateway('silent', '500')]: every(6),
  [routed('silent', '0.1')]: every(54),
  [routed('silent', '+Inf')]: every(54),
  // No failure.
  [calls('good', 'UNSET')]: every(60),
  [atGateway('fine', '200')]: every(60),
  // A route of the platform.
  'traefik_router_requests_total{code="200",method="GET",router="ready"}': every(60),
};

/** What an expression says at minute 15, by the label. */
async function values(tests: [expr: string, expected: [labels: string, value: number][]][]): Promise<string> {
  return promtool(['test', 'rules', 'test.yaml'], {
    'rules.yaml': rules,
    'test.yaml': {
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([name, samples]) => ({ series: name, values: samples })),
          promql_expr_test: tests.map(([expr, expected]) => ({
            expr,
            eval_time: '15m',
            exp_samples: expected.map(([labels, value]) => ({ labels, value })),
          })),
        },
      ],
    },
  });
}

const byApp = (of: string) => `sum by (app) (${of})`;

describe.skipIf(missing !== undefined)(missing ?? 'the requests of an app', () => {
  it('are its spans, and what the gateway routed if it sends none', async () => {
    const said = await values([
      [
        byApp(appSeries.requests),
        [
          ['{app="traced"}', 2],
          ['{app="good"}', 1],
          ['{app="silent"}', 1],
          ['{app="fine"}', 1],
        ],
      ],
      [
        byApp(appSeries.failed),
        [
          ['{app="traced"}', 0.25],
          ['{app="good"}', 0],
          ['{app="silent"}', 0.1],
          ['{app="fine"}', 0],
        ],
      ],
      [
        `${byApp(appSeries.slow)} <= bool 0.5`,
        [
          ['{app="traced"}', 1],
          ['{app="silent"}', 1],
        ],
      ],
    ]);
    expect(said).toBe('');
  }, 120_000);

  it('are the same on its dashboard', async () => {
    const of = (app: string) => queries.app(app);
    const said = await values([
      [of('traced').requests('5m'), [['{span_name="GET /"}', 2]]],
      [of('traced').failed('5m'), [['{}', 0.25]]],
      [of('silent').requests('5m'), [['{span_name="GET", method="GET"}', 1]]],
      [of('silent').failed('5m'), [['{}', 0.1]]],
      [`${of('silent').slow('5m')} <= bool 0.1`, [['{}', 1]]],
      [of('fine').failed('5m'), [['{}', 0]]],
    ]);
    expect(said).toBe('');
  }, 120_000);
});
