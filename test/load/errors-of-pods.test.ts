import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podSeries } from '../../charts/observability/collector-config.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { requestsOf } from '../../operators/rollout-gate/program/prometheus.ts';
import { until } from '../until.ts';
import { Pipeline } from './pipeline.ts';
import { otlpSpans, sendOtlp } from './senders.ts';

/* The counts by which the gate of roll-outs judges, from spans of two pods, by the collector and Prometheus as the charts configure them. */

let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await Pipeline.start(1, {}, ['opentelemetry-collector', 'prometheus']);
}, 10 * 60_000);

afterAll(async () => pipeline?.stop());

async function send(pod: string, good: number, failed: number): Promise<void> {
  const spans = Array.from({ length: good + failed }, (_, i) => ({
    trace: randomBytes(16).toString('hex'),
    name: `request ${i % 3}`,
    failed: i < failed,
  }));
  const body = otlpSpans('orders', spans, { 'k8s.pod.name': pod });
  await sendOtlp(pipeline.port('opentelemetry-collector', ports.otlp), '/v1/traces', body);
}

const counted = (from: number) =>
  requestsOf(
    { prometheus: `http://127.0.0.1:${pipeline.port('prometheus', ports.metrics)}`, series: podSeries },
    ['orders-old-1', 'orders-new-1'],
    { from, to: Date.now() },
  );

it('counts the requests of each pod from the first on, and leaves out what came before', async () => {
  await send('orders-old-1', 30, 5);
  await until(async () => (await counted(0)).get('orders-old-1')?.all === 35, 'the spans of the old pod', {
    seconds: 90,
  });
  const ready = Date.now();
  await send('orders-old-1', 20, 0);
  await send('orders-new-1', 4, 12);
  for (const [pod, all] of [
    ['orders-new-1', 16],
    ['orders-old-1', 20],
  ] as const)
    await until(async () => (await counted(ready)).get(pod)?.all === all, `the spans of ${pod}`, {
      seconds: 60,
    });
  expect(Object.fromEntries(await counted(ready))).toEqual({
    'orders-old-1': { all: 20, failed: 0 },
    'orders-new-1': { all: 16, failed: 12 },
  });
}, 300_000);
