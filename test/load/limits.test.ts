import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ports } from '../../charts/observability/endpoints.ts';
import { signalLimits } from '../../charts/observability/signal-limits.ts';
import { traceById } from '../../scripts/telemetry/jaeger.ts';
import type { LogLine } from '../../scripts/telemetry/log-line.ts';
import { logLines } from '../../scripts/telemetry/logs.ts';
import { until } from '../until.ts';
import { countLines, sumOf } from './counts.ts';
import { Pipeline } from './pipeline.ts';
import { ContainerLog, newTrace, otlpSpans, SeriesServer, type SpanInput, sendOtlp } from './senders.ts';

const parts = [
  'opentelemetry-agent',
  'opentelemetry-collector',
  'prometheus',
  'victoria-logs',
  'jaeger',
] as const;
const hour = 3_600_000;

/*
 * Input that no part can hold, given to the agent, the collector and the stores as the charts configure them: it is bounded, the bound is
 * told, and what comes next arrives.
 */
describe('the parts of observability with more input than they can hold', () => {
  let series: SeriesServer;
  let pipeline: Pipeline;
  let log: ContainerLog;

  beforeAll(async () => {
    series = await SeriesServer.start(10);
    // Small volumes, so that their bounds are reached.
    pipeline = await Pipeline.start(series.port, {
      storage: { metrics: '1Gi', logs: '64Mi', traces: '100Mi' },
    });
    log = new ContainerLog(pipeline.podLogs, 'orders');
  }, 30 * 60_000);

  afterEach(async () => {
    expect(parts.filter((name) => !pipeline.part(name).running)).toEqual([]);
    expect(parts.filter((name) => pipeline.part(name).peakShare >= 1)).toEqual([]);
    await lineArrives(`after ${randomBytes(4).toString('hex')}`);
    await traceArrives({});
  }, 240_000);

  afterAll(async () => {
    for (const name of parts)
      console.log(`${name}: ${Math.round((pipeline?.part(name).peak ?? 0) / 2 ** 20)} MiB at most`);
    await pipeline?.stop();
    series?.close();
  });

  const send = (spans: readonly SpanInput[], service = 'orders') =>
    sendOtlp(pipeline.port('opentelemetry-collector', ports.otlp), '/v1/traces', otlpSpans(service, spans));
  const metrics = () => pipeline.store('prometheus');

  /** Ten spans, 40 kB. */
  const large = (trace: string): SpanInput[] =>
    Array.from({ length: 10 }, () => ({ trace, attributes: { text: 'x'.repeat(4_000) } }));

  async function found(grep: string): Promise<LogLine[]> {
    return await logLines(pipeline.store('victoria-logs'), { grep }, 1_000);
  }

  async function lineArrives(message: string, time?: Date): Promise<LogLine> {
    log.write([JSON.stringify({ level: 'info', message })], time);
    let lines: LogLine[] = [];
    await until(
      async () => {
        lines = await found(message);
        return lines.length > 0;
      },
      `the line '${message}'`,
      { seconds: 60 },
    );
    return lines[0] ?? { time: '', message: '', fields: {} };
  }

  async function isStored(trace: string, seconds = 60): Promise<boolean> {
    try {
      await until(
        async () => (await traceById(pipeline.store('jaeger'), trace)).spans.length > 0,
        `the trace ${trace}`,
        { seconds, pauseMs: 1_000 },
      );
      return true;
    } catch {
      return false;
    }
  }

  async function traceArrives(span: Omit<SpanInput, 'trace'>, service?: string): Promise<void> {
    const trace = newTrace();
    expect((await send([{ ...span, trace }], service)).status).toBe(200);
    expect(await isStored(trace), `the trace ${trace}`).toBe(true);
  }

  it('split a log line of ten megabytes, and keep every part of it', async () => {
    const text = randomBytes(5 * 2 ** 20).toString('hex');
    log.write([`tenmegabytes ${text}`]);
    let lines: LogLine[] = [];
    await until(
      async () => {
        lines = await logLines(
          pipeline.store('victoria-logs'),
          { app: 'orders', grep: '^[0-9a-f]{1000}|^tenmegabytes' },
          1_000,
        );
        return lines.reduce((sum, { message }) => sum + message.length, 0) >= text.length;
      },
      () => `${text.length} bytes: there are ${lines.reduce((sum, { message }) => sum + message.length, 0)}`,
      { seconds: 120 },
    );
    for (const { message } of lines) expect(message.length).toBeLessThanOrEqual(256 * 1024);
  }, 240_000);

  it('read the lines of an app that writes without a pause up to its bound, those of another app at once, and lose none', async () => {
    const flood = new ContainerLog(pipeline.podLogs, 'jobs');
    const lines = Array.from({ length: 250 }, () =>
      JSON.stringify({ run: 'flood', n: randomBytes(50).toString('hex') }),
    );
    let written = 0;
    const writing = setInterval(() => {
      flood.write(lines);
      written += lines.length;
    }, 50);
    const { most, alert } = signalLimits.linesPerSecond;
    const agent = (name: string, of: string) => pipeline.ownMetric('opentelemetry-agent', name, of);
    const read = () => agent('otelcol_receiver_accepted_log_records_total', 'receiver="file_log/jobs"');
    const queued = () => agent('otelcol_exporter_queue_size', 'exporter="otlp_http/jobs"');
    const seconds = 20;
    try {
      await until(async () => (await queued()) > 0.9 * most, 'the queue of the app to be full');
      const before = await read();
      await sleep(seconds * 1_000);
      const perSecond = ((await read()) - before) / seconds;
      console.log(`flood: ${Math.round(perSecond)} lines a second are read`);
      // One batch more may fall into the time.
      expect(perSecond).toBeLessThanOrEqual(most * (1 + 1 / seconds));
      expect(perSecond).toBeGreaterThan(alert);
      log.write(['beside the flood']);
      await until(async () => (await found('^beside the flood$')).length > 0, 'the line of the other app', {
        seconds: 20,
      });
    } finally {
      clearInterval(writing);
    }
    let stored = 0;
    await until(
      async () => {
        stored = (await countLines(pipeline.store('victoria-logs'), 'flood')).all;
        return stored >= written;
      },
      () => `${written} lines: ${stored} are there`,
      { pauseMs: 5_000 },
    );
    expect(stored).toBe(written);
  }, 600_000);

  it('accept lines with bytes that are no text', async () => {
    const bytes = Buffer.from(randomBytes(2_000).filter((byte) => byte !== 10));
    log.write([Buffer.concat([Buffer.from('notext '), bytes])]);
    await until(async () => (await found('notext')).length > 0, 'the line of bytes', { seconds: 60 });
  }, 240_000);

  it('keep the first fields of a line with five thousand fields up to the limit, with its level and trace', async () => {
    const trace = newTrace();
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field${i}`, i]));
    const nested = { ...fields, deep: { er: fields } };
    log.write([
      JSON.stringify({
        ...nested,
        level: 'error',
        message: 'wide',
        trace_id: trace,
        span_id: 'b7ad6b7169203331',
      }),
    ]);
    let lines: LogLine[] = [];
    await until(
      async () => {
        lines = await found('^wide$');
        return lines.length > 0;
      },
      'the wide line',
      { seconds: 60 },
    );
    expect(lines[0]).toMatchObject({ level: 'error', trace });
    expect(Object.keys(lines[0]?.fields ?? {}).length).toBeLessThanOrEqual(signalLimits.attributes);
    expect(Object.keys(lines[0]?.fields ?? {}).length).toBeGreaterThan(signalLimits.attributes - 20);
  }, 240_000);

  // 250,000 of these series have fewer bytes than an answer may have, and are refused for their number.
  it.each([1_000_000, 250_000])(
    'refuse the metrics of an app with %d series, and read all others',
    async (many) => {
      series.series = many;
      await until(async () => (await sumOf(metrics(), 'count(up{job="orders"} == 0)')) === 1, 'the refusal');
      expect(await sumOf(metrics(), 'count(load_series)')).toBeLessThanOrEqual(10);
      expect(await sumOf(metrics(), 'count(up == 0)')).toBe(1);
      series.series = 10;
      await until(async () => (await sumOf(metrics(), 'up{job="orders"}')) === 1, 'the metrics again');
    },
    600_000,
  );

  it('count spans with names from user input under one name above the limit', async () => {
    for (let from = 0; from < 5_000; from += 500) {
      const spans = Array.from({ length: 500 }, (_, i) => ({
        trace: newTrace(),
        name: `/users/${from + i}`,
      }));
      expect((await send(spans, 'jobs')).status).toBe(200);
    }
    const all = 'sum(traces_span_metrics_calls_total{service_name="jobs"})';
    await until(async () => (await sumOf(metrics(), all)) >= 5_000, 'all spans in the metrics');
    expect(
      await sumOf(metrics(), 'count(traces_span_metrics_calls_total{service_name="jobs"})'),
    ).toBeLessThanOrEqual(signalLimits.spanNames + 1);
  }, 240_000);

  it('drop a trace of fifty thousand spans, count it, and keep its spans in the metrics', async () => {
    const trace = newTrace();
    const parent = newTrace().slice(16);
    const attributes = { 'db.query.text': 'select '.padEnd(200, 'x') };
    for (let i = 0; i < 50; i += 1) {
      const spans = Array.from({ length: 1_000 }, () => ({ trace, name: 'loop', parent, attributes }));
      expect((await send(spans)).status).toBe(200);
    }
    await until(
      async () =>
        (await sumOf(metrics(), 'sum(traces_span_metrics_calls_total{span_name="loop"})')) === 50_000,
      'all spans in the metrics',
    );
    await until(
      async () =>
        (await sumOf(metrics(), 'otelcol_processor_tail_sampling_traces_dropped_too_large_total')) >= 1,
      'the count of dropped traces',
    );
    expect(await isStored(trace, 15)).toBe(false);
  }, 400_000);

  it('refuse a request of more than four megabytes with a status after which no client retries', async () => {
    const attributes = { text: 'x'.repeat(5 * 2 ** 20) };
    expect(await send([{ trace: newTrace(), attributes }])).toEqual({ status: 400, attempts: 1 });
  }, 240_000);

  it('find signals of a clock that is an hour slow or fast', async () => {
    await traceArrives({ start: Date.now() - hour });
    await traceArrives({ start: Date.now() + hour });
    await lineArrives('an hour ago', new Date(Date.now() - hour));
    await lineArrives('an hour ahead', new Date(Date.now() + hour));
  }, 300_000);

  it('store traces of an app up to its share of the volume; after that its failed ones, and those of other apps', async () => {
    // 20 MB, where an app may store 5 MiB at once.
    for (let i = 0; i < 500; i += 1) await send(large(newTrace()));
    const last = newTrace();
    await send(large(last));
    expect(await isStored(last, 20)).toBe(false);
    await traceArrives({ failed: true });
    await traceArrives({ milliseconds: 2_000 });
    await traceArrives({}, 'jobs');
  }, 400_000);

  it('judge the spans anew that a trace gets after it was stored, within the share of its app', async () => {
    const trace = newTrace();
    // All at one time: it is no slow trace, for which there is another share.
    const part = large(trace).map((span) => ({ ...span, start: Date.now() }));
    const later = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) await send(part, 'home');
    };
    const spans = async () => (await traceById(pipeline.store('jaeger'), trace)).spans.length;
    await later(1);
    expect(await isStored(trace)).toBe(true);
    await traceArrives({}, 'jobs');
    // 4 MB of the 5 MiB that an app may store at once, then 4 MB more.
    await later(100);
    await until(async () => (await spans()) === 1_010, 'the first spans that came later');
    // Another trace is stored, as every minute at least by the front page's requests to itself.
    await traceArrives({}, 'jobs');
    await later(100);
    await sleep(20_000);
    expect(await spans()).toBe(1_010);
  }, 400_000);

  it('drop the oldest day of log lines if the volume has no space for another', async () => {
    const day = 24 * hour;
    for (const days of [4, 3, 2, 1, 0]) {
      const lines = Array.from({ length: 200 }, () => `day ${days} ${randomBytes(50_000).toString('hex')}`);
      log.write(lines, new Date(Date.now() - days * day));
      await until(async () => (await found(`^day ${days} `)).length >= 200, `the lines of ${days} days ago`);
    }
    await until(async () => (await found('^day 4 ')).length === 0, 'the oldest day to go');
    expect((await found('^day 0 ')).length).toBeGreaterThanOrEqual(200);
  }, 400_000);
});
