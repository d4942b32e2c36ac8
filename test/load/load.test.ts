import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ports } from '../../charts/observability/endpoints.ts';
import { until } from '../until.ts';
import { countLines, countSpans, sumOf } from './counts.ts';
import { scrapeSeconds } from './local.ts';
import { type PartName, Pipeline } from './pipeline.ts';
import { atRate, ContainerLog, newTrace, otlpSpans, SeriesServer, sendOtlp } from './senders.ts';

/** What each second has, and for how long: ten minutes, or as long as the environment says. */
const load = { series: 10_000, lines: 1_000, traces: 20, spansOfTrace: 10 };
const seconds = 60 * Number(process.env.PLINTH_LOAD_MINUTES ?? 10);

/**
 * Lines of one app that an agent has read and not put into its queue on the disk: two batches of the receiver, each of 100 lines or a tenth of a
 * second (opentelemetry-collector-contrib, pkg/stanza, `BatchingLogEmitter`). It notes the place in the file before.
 */
const readLines = 200;

/** Seconds of spans that a collector holds, and that are lost with it: until its decision, and one batch. */
const heldSpans = 12;

/*
 * The agent, the collector and the stores as the charts configure them, under load, counted from where it is written to where it is
 * found; and what is lost when each of them is killed.
 */
describe('the parts of observability under load', () => {
  let series: SeriesServer;
  let pipeline: Pipeline;
  let log: ContainerLog;

  beforeAll(async () => {
    series = await SeriesServer.start(load.series);
    pipeline = await Pipeline.start(series.port);
    log = new ContainerLog(pipeline.podLogs, 'orders');
  }, 30 * 60_000);

  afterAll(async () => {
    await pipeline?.stop();
    series?.close();
  });

  /** Writes lines and sends spans at the rates of the load. Returns how many there were, and when. */
  async function run(name: string, forSeconds: number) {
    const began = Date.now();
    const port = pipeline.port('opentelemetry-collector', ports.otlp);
    let refused = 0;
    // 50 lines at a time: each write is one of the container's.
    const lines = atRate(load.lines / 50, forSeconds, (n) => {
      log.write(
        Array.from({ length: 50 }, (_, i) =>
          JSON.stringify({ level: 'info', message: 'load', run: name, n: n * 50 + i }),
        ),
      );
    });
    const traces = atRate(load.traces, forSeconds, async () => {
      const trace = newTrace();
      const spans = Array.from({ length: load.spansOfTrace }, () => ({ trace, name }));
      const { status } = await sendOtlp(port, '/v1/traces', otlpSpans('orders', spans));
      if (status !== 200) refused += 1;
    });
    const [written, sent] = await Promise.all([lines, traces]);
    return { began, ended: Date.now(), lines: written * 50, spans: sent * load.spansOfTrace, refused };
  }

  const logs = () => pipeline.store('victoria-logs');
  const metrics = () => pipeline.store('prometheus');

  /** Waits until no more lines arrive, and returns their number. */
  async function allLines(name: string, wanted: number) {
    let counted = { lines: 0, all: 0 };
    let before = -1;
    await until(
      async () => {
        before = counted.lines;
        counted = await countLines(logs(), name);
        return counted.lines >= wanted || (counted.lines > 0 && counted.lines === before);
      },
      () => `${wanted} lines: ${counted.lines} are there`,
      { pauseMs: 20_000, seconds: 600 },
    );
    return counted;
  }

  async function allSpans({ began, ended }: { began: number; ended: number }, wanted: number) {
    let counted = 0;
    let before = -1;
    await until(
      async () => {
        before = counted;
        counted = await countSpans(pipeline.store('jaeger'), 'orders', began - 1_000, ended + 1_000);
        return counted >= wanted || (counted > 0 && counted === before);
      },
      () => `${wanted} spans: ${counted} are there`,
      { pauseMs: 20_000, seconds: 600 },
    );
    return counted;
  }

  async function killed(part: PartName, forSeconds: number) {
    const name = `kill-${part}`;
    const running = run(name, forSeconds);
    await new Promise((done) => setTimeout(done, (forSeconds * 1_000) / 3));
    await pipeline.part(part).kill();
    await new Promise((done) => setTimeout(done, 3_000));
    await pipeline.part(part).start();
    const sent = await running;
    const lines = await allLines(name, sent.lines);
    const spans = await allSpans(sent, sent.spans);
    const lost = { lines: sent.lines - lines.lines, spans: sent.spans - spans };
    console.log(
      `${part} killed: of ${sent.lines} lines ${lost.lines} lost and ${lines.all - lines.lines} twice; of ${sent.spans} spans ${lost.spans} lost`,
    );
    return lost;
  }

  it(
    'lose no log line, no span and no series',
    async () => {
      const sent = await run('steady', seconds);
      expect(sent.refused).toBe(0);
      const lines = await allLines('steady', sent.lines);
      const spans = await allSpans(sent, sent.spans);
      console.log(
        `steady: ${lines.lines} of ${sent.lines} lines, ${spans} of ${sent.spans} spans in ${seconds} s`,
      );
      expect(lines).toEqual({ lines: sent.lines, all: sent.lines });
      expect(spans).toBe(sent.spans);
      const window = `${Math.max(2 * scrapeSeconds, Math.floor(seconds / 2))}s`;
      expect(await sumOf(metrics(), 'count(load_series{job="orders"})')).toBe(load.series);
      expect(await sumOf(metrics(), `min_over_time(up{job="orders"}[${window}])`)).toBe(1);
      await until(
        async () =>
          (await sumOf(
            metrics(),
            'traces_span_metrics_calls_total{service_name="orders",span_name="steady"}',
          )) === sent.spans,
        'each span in the metrics that are made of spans',
      );
    },
    seconds * 1_000 + 30 * 60_000,
  );

  it('stay within the memory of their containers', () => {
    const parts = [
      'opentelemetry-agent',
      'opentelemetry-collector',
      'prometheus',
      'victoria-logs',
      'jaeger',
    ] as const;
    for (const name of parts) {
      const part = pipeline.part(name);
      console.log(
        `${name}: ${Math.round(part.peak / 2 ** 20)} MiB at most, ${Math.round(100 * part.peakShare)} % of its limit`,
      );
    }
    expect(parts.filter((name) => pipeline.part(name).peakShare >= 1)).toEqual([]);
  });

  it('lose the lines of two batches of reading at most if the agent is killed: it continues where it stopped', async () => {
    const lost = await killed('opentelemetry-agent', 30);
    expect(lost.lines).toBeLessThanOrEqual(readLines);
    expect(lost.spans).toBe(0);
  });

  it('lose the spans of twelve seconds at most, and no line, if the collector is killed', async () => {
    const lost = await killed('opentelemetry-collector', 60);
    expect(lost.lines).toBe(0);
    expect(lost.spans).toBeLessThanOrEqual(heldSpans * load.traces * load.spansOfTrace);
  });

  it('lose the lines of three seconds at most if their store is killed, which writes each second', async () => {
    const lost = await killed('victoria-logs', 60);
    expect(lost.lines).toBeLessThanOrEqual(3 * load.lines);
    expect(lost.spans).toBe(0);
  });

  it('lose the spans of two seconds at most if their store is killed', async () => {
    const lost = await killed('jaeger', 60);
    expect(lost.lines).toBe(0);
    expect(lost.spans).toBeLessThanOrEqual(2 * load.traces * load.spansOfTrace);
  });

  it('lose only the samples of the time without Prometheus if it is killed', async () => {
    const before = await sumOf(metrics(), 'count(load_series{job="orders"})');
    const oldest = 'min(min_over_time(timestamp(load_series{job="orders",n="1"})[1h:10s]))';
    const began = await sumOf(metrics(), oldest);
    await pipeline.part('prometheus').kill();
    await pipeline.part('prometheus').start();
    expect(await sumOf(metrics(), oldest)).toBe(began);
    await until(
      async () => (await sumOf(metrics(), 'count(load_series{job="orders"})')) === before,
      'all series again',
      { seconds: 60 },
    );
  });
});
