import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Prometheus that answers every range query with an hour of the series given, the newest value last. */
export interface FakeMetrics {
  url: string;
  /** Queries that came. */
  queries: string[];
  close(): Promise<void>;
}

export async function fakeMetrics(
  series: { name: string; app: string; value(minute: number): number }[],
): Promise<FakeMetrics> {
  const queries: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://prometheus');
    queries.push(searchParams.get('query') ?? '');
    const start = Number(searchParams.get('start'));
    const result = series.map(({ name, app, value }) => ({
      metric: { __name__: name, app },
      values: Array.from({ length: 60 }, (_, minute) => [start + minute * 60, String(value(minute))]),
    }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** An hour of an app as a demonstration shows it. */
export function hourOf(app: string): Parameters<typeof fakeMetrics>[0] {
  const wave = (minute: number) => 1 + Math.sin(minute / 6) / 2;
  return [
    { name: 'app:requests:rate5m', app, value: (minute) => 4 * wave(minute) },
    { name: 'app:failed_requests:ratio5m', app, value: (minute) => (minute > 40 && minute < 50 ? 0.02 : 0) },
    { name: 'app:duration_seconds:p95_5m', app, value: (minute) => 0.12 * wave(minute * 2) },
    { name: 'app:memory_bytes:sum', app, value: (minute) => (60 + minute / 4) * 2 ** 20 },
  ];
}
