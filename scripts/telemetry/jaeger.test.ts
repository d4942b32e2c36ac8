import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { searchTraces } from './jaeger.ts';
import { lengthOf } from './span.ts';
import type { Store } from './store.ts';

/** A Jaeger that has a trace of each duration, in milliseconds, the newest first, and notes what was asked. */
async function jaeger(durations: readonly number[]): Promise<{ store: Store; asked: URLSearchParams[] }> {
  const asked: URLSearchParams[] = [];
  const now = Date.now() * 1_000;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    asked.push(searchParams);
    const least = Number((searchParams.get('minDuration') ?? '0ms').replace(/ms$/, ''));
    const data = durations
      .map((duration, age) => ({
        traceID: `t${age}`,
        spans: [
          {
            ...{ spanID: 's', operationName: 'GET /', processID: 'p' },
            ...{ startTime: now - age * 1_000_000, duration: duration * 1_000 },
          },
        ],
        processes: { p: { serviceName: 'orders' } },
      }))
      .filter(({ spans }) => (spans[0]?.duration ?? 0) >= least * 1_000)
      .slice(0, Number(searchParams.get('limit')));
    response.end(JSON.stringify({ data }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const options = { host: '127.0.0.1', port, agent: false };
  return { store: { name: 'jaeger', options, close: () => undefined }, asked };
}

const search = { service: 'orders', sinceSeconds: 3_600, limit: 20, failed: false };

/** Durations in milliseconds of the slowest traces that a search finds. */
async function slowest(store: Store): Promise<number[]> {
  const found = await searchTraces(store, search);
  return found
    .map((trace) => lengthOf(trace) / 1_000)
    .sort((a, b) => b - a)
    .slice(0, search.limit);
}

const expected = (durations: readonly number[]) => durations.toSorted((a, b) => b - a).slice(0, search.limit);

describe('the slowest of 2000 traces are found', () => {
  it.each([
    ['the slowest is the oldest', (age: number) => (age === 1_999 ? 30_000 : 5 + (age % 20))],
    ['durations rise with age', (age: number) => 5 + age],
    ['all take long', (age: number) => 20_000 + age * 100],
    ['a few take long', (age: number) => (age % 100 === 99 ? 4_000 + age : 40 + (age % 7))],
    ['most take between two durations', (age: number) => 100 + ((age * 7) % 200)],
  ])('%s', async (_, durationOf) => {
    const durations = Array.from({ length: 2_000 }, (_each, age) => durationOf(age));
    const { store, asked } = await jaeger(durations);
    const found = await slowest(store);
    expect(found[0]).toBe(expected(durations)[0]);
    expect(found).toEqual(expected(durations));
    expect(asked.length).toBeLessThanOrEqual(14);
    expect(new Set(asked.map((query) => query.get('limit')))).toEqual(new Set(['200']));
  });

  it('and any of those that take the same time', async () => {
    const { store, asked } = await jaeger(Array.from({ length: 2_000 }, () => 50));
    expect(await slowest(store)).toEqual(Array.from({ length: 20 }, () => 50));
    expect(asked.length).toBeLessThanOrEqual(14);
  });
});

it('all traces are found where there are few', async () => {
  const { store, asked } = await jaeger([3, 20_000, 1]);
  expect(await slowest(store)).toEqual([20_000, 3, 1]);
  expect(asked).toHaveLength(8);
});
