import { describe, expect, it } from 'vitest';
import type { Span, Trace } from './span.ts';
import { printTrace } from './trace-tree.ts';

const begin = Date.UTC(2026, 2, 1, 10) * 1_000;

function span(
  id: string,
  parent: string | undefined,
  from: number,
  duration: number,
  more: object = {},
): Span {
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    service: 'orders',
    name: `span ${id}`,
    start: begin + from,
    duration,
    failed: false,
    attributes: {},
    ...more,
  };
}

describe('a trace as a tree', () => {
  it('puts each span below its parent, with its share of the time and its log lines', () => {
    const trace: Trace = {
      id: 'ab',
      spans: [
        span('1', undefined, 0, 40_000, { name: 'PlaceOrder' }),
        span('2', '1', 10_000, 20_000, { name: 'db insert order', failed: true }),
        span('3', '1', 30_000, 10_000, { service: 'jobs', name: 'Insert' }),
      ],
    };
    const line = {
      time: '2026-03-01T10:00:00.015Z',
      level: 'warn',
      pod: 'orders-1',
      message: 'slow',
      span: '2',
      fields: {},
    };
    expect(printTrace(trace, [line]).split('\n')).toEqual([
      'ab: 40 ms, 3 spans of 2 services, 1 log lines, 2026-03-01T10:00:00.000Z',
      '',
      `orders PlaceOrder             40 ms  ${'▇'.repeat(40)}`,
      `  orders db insert order      20 ms  ${' '.repeat(10)}${'▇'.repeat(20)} failed`,
      '      10:00:00.015 orders-1 warn  slow',
      `  jobs Insert                 10 ms  ${' '.repeat(30)}${'▇'.repeat(10)}`,
    ]);
  });

  it('shows a span whose parent is missing, and a line whose span is missing', () => {
    const trace: Trace = { id: 'ab', spans: [span('2', 'gone', 0, 1_000)] };
    const printed = printTrace(trace, [{ time: '2026-03-01T10:00:00Z', message: 'alone', fields: {} }]);
    expect(printed).toContain('orders span 2');
    expect(printed).toContain('Lines of spans that were not kept:');
  });

  it('prints 50,000 nested spans', () => {
    const spans = Array.from({ length: 50_000 }, (_, at) =>
      span(`${at}`, at === 0 ? undefined : `${at - 1}`, at, 1),
    );
    expect(printTrace({ id: 'ab', spans }, []).split('\n')).toHaveLength(50_002);
  });
});
