import { afterEach, describe, expect, test, vi } from 'vitest';
import { exposition } from '../src/probe/metrics.ts';
import { type Probe, type ProbeResult, startProbe } from '../src/probe/probe.ts';
import { linesOf, spanOf } from '../src/probe/telemetry.ts';
import { storesOf } from '../src/stores.ts';
import { type FakeStore, fakeStore } from './fake-store.ts';

/** Long enough that a busy machine does not make it stand still. */
const everyMs = 200;
const opened: FakeStore[] = [];
const ending: AbortController[] = [];

afterEach(async () => {
  for (const each of ending.splice(0)) each.abort();
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

async function store(...given: Parameters<typeof fakeStore>): Promise<FakeStore> {
  const made = await fakeStore(...given);
  opened.push(made);
  return made;
}

interface Kept {
  spans: Map<string, string>;
  lines: Record<string, string>[];
}

/** A collector and stores that keep what comes, but for the signals that they lose. */
async function world(lost: string[] = []): Promise<{ probe: Probe; kept: Kept; stores: FakeStore[] }> {
  const kept: Kept = { spans: new Map(), lines: [] };
  const collector = await store('collector', (_, body) => {
    const [, trace = ''] = /"traceId":"(\w+)"/.exec(body) ?? [];
    const [, span = ''] = /"spanId":"(\w+)"/.exec(body) ?? [];
    kept.spans.set(trace, span);
    return '{}';
  });
  const metrics = await store('prometheus', () => {
    const exemplars = [...kept.spans.keys()].map((trace_id) => ({ labels: { trace_id } }));
    return JSON.stringify({ data: lost.includes('metric') ? [] : [{ exemplars }] });
  });
  const traces = await store('jaeger', ({ pathname }) => {
    const id = kept.spans.get(pathname.split('/').at(-1) ?? '');
    return id === undefined || lost.includes('trace') ? 404 : JSON.stringify({ data: [{ spanID: id }] });
  });
  const logs = await store('victoria-logs', ({ searchParams }) => {
    const query = searchParams.get('query') ?? '';
    if (query.includes('stats by')) {
      if (lost.includes('error')) return '';
      const newest = kept.lines.findLast(({ level }) => level === 'error');
      return JSON.stringify({
        last: new Date().toISOString(),
        newest: JSON.stringify({ trace_id: newest?.trace_id }),
        count: '1',
      });
    }
    const found = kept.lines.filter(({ trace_id = '-' }) => query.includes(trace_id));
    return lost.includes('log') ? '' : found.map((line) => JSON.stringify(line)).join('\n');
  });
  const page = await store('page', () => 'ok');
  const end = new AbortController();
  ending.push(end);
  const probe = startProbe(
    {
      stores: { metrics, traces, logs, collector: collector.url },
      probed: { app: 'home', service: 'home' },
      page: `${page.url}/`,
      everyMs,
      write: (line) => kept.lines.push(JSON.parse(line) as Record<string, string>),
    },
    end.signal,
  );
  return { probe, kept, stores: [metrics, traces, logs] };
}

/** The results of all four signals, once they are there. */
function resultsOf(probe: Probe): Promise<ProbeResult[]> {
  return vi.waitFor(() => {
    const results = probe.results();
    expect(results).toHaveLength(4);
    return results;
  }, 15_000);
}

describe('the signal probe', () => {
  test('finds its requests in the store of every signal', async () => {
    const { probe, kept, stores } = await world();
    const results = await resultsOf(probe);
    expect(results.map(({ signal, reached }) => `${signal} ${reached}`)).toEqual([
      'metric true',
      'trace true',
      'log true',
      'error true',
    ]);
    expect(exposition(probe)).toContain('\nsignal_probe_success{signal="trace"} 1\n');
    expect(kept.lines.map(({ level }) => level).slice(0, 2)).toEqual(['debug', 'error']);
    const [metrics] = stores;
    expect(metrics?.asked[0]?.searchParams.get('query')).toBe(
      'traces_span_metrics_duration_seconds_bucket{service_name="home",span_name="signal probe"}',
    );
  });

  test.each(['metric', 'trace', 'log', 'error'])(
    'reports that a lost %s does not arrive, with the reason',
    async (lost) => {
      const { probe } = await world([lost]);
      const missed = (await resultsOf(probe)).filter(({ reached }) => !reached);
      expect(missed.map(({ signal }) => signal)).toEqual([lost]);
      expect(missed[0]?.trouble).toMatch(/^the request of .* is not there$/);
      expect(exposition(probe)).toContain(`signal_probe_success{signal="${lost}"} 0\n`);
    },
  );

  test('ignores a store that does not answer for less than five rounds, and reports the reason after that', async () => {
    const { probe, stores } = await world();
    await resultsOf(probe);
    await stores[1]?.close();
    expect(probe.results().find(({ signal }) => signal === 'trace')?.reached).toBe(true);
    await vi.waitFor(
      () =>
        expect(probe.results().find(({ signal }) => signal === 'trace')).toMatchObject({
          reached: false,
          trouble: expect.stringContaining('ECONNREFUSED'),
        }),
      15_000,
    );
  });

  test('has no results before the first complete round, and none after it has stopped', async () => {
    const { probe } = await world(['trace']);
    expect(probe.results()).toEqual([]);
    await resultsOf(probe);
    ending.at(-1)?.abort();
    await vi.waitFor(() => expect(probe.results()).toEqual([]), 15_000);
    expect(exposition(probe)).not.toContain('{');
  });
});

describe('a synthetic request', () => {
  const request = {
    trace: '4bf92f3577b34da6a3ce929d0e0e4736',
    span: '00f067aa0ba902b7',
    start: 1_767_225_600_000.25,
    end: 1_767_225_600_012,
    answered: false,
  };

  test('is a client span, which no objective counts, and is marked as synthetic', () => {
    const text = JSON.stringify(spanOf(request, 'home'));
    expect(text).toContain('"kind":3,"startTimeUnixNano":"1767225600000250000"');
    expect(text).toContain('{"key":"user_agent.synthetic.type","value":{"stringValue":"test"}}');
    expect(text).toContain('"status":{"code":2}');
  });

  test('writes a log line and an error, both with its trace and marked as synthetic', () => {
    const lines = linesOf(request).map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'error']);
    for (const line of lines)
      expect(line).toMatchObject({
        trace_id: request.trace,
        span_id: request.span,
        'user_agent.synthetic.type': 'test',
      });
  });
});

test('the probe uses the stores in the variables that the edges set, and none without observability', () => {
  expect(storesOf({})).toEqual({});
  expect(
    storesOf({
      METRICS_URL: 'http://prometheus:9090',
      LOGS_URL: 'https://victoria-logs:9428',
      LOGS_STORE: 'victoria-logs',
      LOGS_IDENTITY_DIR: '/identity/logs',
      TRACES_URL: 'http://jaeger:16686',
      TRACES_STORE: 'jaeger',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    }),
  ).toEqual({
    metrics: { url: 'http://prometheus:9090' },
    logs: { url: 'https://victoria-logs:9428', program: 'victoria-logs', identity: '/identity/logs' },
    traces: { url: 'http://jaeger:16686', program: 'jaeger' },
    collector: 'http://collector:4318',
  });
});
