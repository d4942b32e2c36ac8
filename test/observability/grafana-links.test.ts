import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { searches } from '../../apps/home/src/probe/found.ts';
import { fakeStore } from '../../apps/home/test/fake-store.ts';
import { listField } from '../../charts/kube/field.ts';
import { dashboardFiles } from '../../operators/grafana/chart.ts';
import { provisionedDataSources } from '../../operators/grafana/data-sources.ts';
import grafana from '../../operators/grafana/operator.ts';
import { agentConfig } from '../../operators/opentelemetry-agent/config.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { logqlFaults } from './logql.ts';
import { missingPromtool, promtool } from './promtool.ts';

const env = environment({
  apps: [testApp({ name: 'orders', objective: { success: 99.5, within: '500ms' } })],
  operators: [grafana],
  cluster: { observability: { store: 'grafana' } },
});

const query = z.looseObject({ name: z.string(), query: z.string() });
const links = z.looseObject({
  uid: z.string(),
  jsonData: z.looseObject({
    exemplarTraceIdDestinations: z
      .array(z.looseObject({ name: z.string(), datasourceUid: z.string() }))
      .optional(),
    derivedFields: z
      .array(
        z.looseObject({
          matcherType: z.string(),
          matcherRegex: z.string(),
          url: z.string(),
          datasourceUid: z.string(),
        }),
      )
      .optional(),
    tracesToLogsV2: z.looseObject({ datasourceUid: z.string(), query: z.string() }).optional(),
    tracesToMetrics: z.looseObject({ datasourceUid: z.string(), queries: z.array(query) }).optional(),
  }),
});
const sources = z.object({ datasources: z.array(links) }).parse(provisionedDataSources()).datasources;
const source = (uid: string) => sources.find((each) => each.uid === uid)?.jsonData;

/**
 * The text that Grafana makes of a provisioned link: `$$` is a dollar sign of the file ('Provision Grafana', 'Using environment variables'),
 * and the rest are variables of a link ('Tempo data source', 'Custom queries'; 'Prometheus data source', 'Exemplars'; 'Loki data source',
 * 'Derived fields').
 */
function resolved(text: string, tags: string): string {
  const known: Record<string, string> = {
    __tags: tags,
    '__span.traceId': '4bf92f3577b34da6a3ce929d0e0e4736',
    '__value.raw': '4bf92f3577b34da6a3ce929d0e0e4736',
  };
  return text
    .replaceAll('$$', '$')
    .replace(/\$\{([\w.]+)\}|\$(__\w+)/g, (_, braced?: string, bare?: string) => {
      const value = known[braced ?? bare ?? ''];
      if (value === undefined) throw new Error(`no variable of a link: ${braced ?? bare}`);
      return value;
    });
}

describe('the links of Grafana', () => {
  it('lead from an exemplar to its trace by the name that the collector writes', () => {
    expect(source('prometheus')?.exemplarTraceIdDestinations).toMatchObject([
      { name: 'trace_id', datasourceUid: 'tempo' },
    ]);
  });

  it('lead from a log line to its trace by the field that the agent parses', () => {
    const [field] = source('loki')?.derivedFields ?? [];
    expect(field).toMatchObject({ matcherType: 'label', matcherRegex: 'trace_id', datasourceUid: 'tempo' });
    expect(resolved(field?.url ?? '', '')).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(JSON.stringify(agentConfig(env))).toContain('"parse_from":"attributes.trace_id"');
  });

  it('lead from a span to its log lines by LogQL', () => {
    const { datasourceUid, query: text = '' } = source('tempo')?.tracesToLogsV2 ?? {};
    expect(datasourceUid).toBe('loki');
    const asked = resolved(text, 'k8s_namespace_name="orders"');
    expect(asked).toBe('{k8s_namespace_name="orders"} | trace_id="4bf92f3577b34da6a3ce929d0e0e4736"');
    expect(logqlFaults(asked)).toEqual([]);
  });

  it('lead from a span to metrics of its service by PromQL', async ({ skip }) => {
    const missing = await missingPromtool();
    if (missing !== undefined) return skip(missing);
    const { datasourceUid, queries = [] } = source('tempo')?.tracesToMetrics ?? {};
    expect(datasourceUid).toBe('prometheus');
    expect(queries).toHaveLength(3);
    const rules = queries.map(({ query: text }, i) => {
      return { record: `link_${i}`, expr: resolved(text, 'service_name="orders"') };
    });
    const file = { 'rules.yaml': { groups: [{ name: 'links', rules }] } };
    expect(await promtool(['check', 'rules', 'rules.yaml'], file)).toBe('');
  });

  it('have no variable that Grafana would not replace', () => {
    expect(() => resolved('$${__span.trace}', '')).toThrow('no variable of a link: __span.trace');
  });
});

describe('a query for Loki', () => {
  it('is LogQL in every panel of every dashboard', () => {
    const asked = dashboardFiles(env)
      .flatMap(({ dashboard }) => listField(dashboard, 'panels'))
      .flatMap((panel) => listField(panel, 'targets'))
      .map((target) => z.looseObject({ expr: z.string() }).parse(target).expr)
      .filter((expr) => expr.includes('k8s_namespace_name'));
    expect(asked).toHaveLength(2);
    for (const expr of asked) expect(logqlFaults(expr.replaceAll('$__auto', '5m')), expr).toEqual([]);
  });

  it('is LogQL where the front page queries its synthetic requests', async () => {
    const loki = await fakeStore('loki', () => '{"data":{"result":[{}]}}');
    try {
      const found = searches({ logs: loki }, { app: 'home', service: 'home' });
      const request = {
        trace: '4bf92f3577b34da6a3ce929d0e0e4736',
        span: '00f067aa0ba902b7',
        start: 0,
        end: 1,
        answered: true,
      };
      const { signal } = new AbortController();
      expect([await found.log?.(request, signal), await found.error?.(request, signal)]).toEqual([
        true,
        true,
      ]);
      const asked = loki.asked.map(({ searchParams }) => searchParams.get('query') ?? '');
      expect(asked[1]).toContain('| detected_level="error"');
      for (const each of asked) expect(logqlFaults(each), each).toEqual([]);
    } finally {
      await loki.close();
    }
  });

  it('is parsed: another language is refused', () => {
    expect(logqlFaults('{app="orders"} |= ')).not.toEqual([]);
    expect(logqlFaults('severity_number:>=17 | stats by (_msg) count()')).not.toEqual([]);
  });
});
