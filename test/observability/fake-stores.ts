import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LightStores } from '../../scripts/dashboards/panel-data.ts';
import type { Store, StoreName } from '../../scripts/telemetry/store.ts';

/** The trace of the only exemplar. */
export const exemplarTrace = '0af7651916cd43dd8448eb211c80319c';

/** One HTTP server that answers as Prometheus, VictoriaLogs and Jaeger do, and notes what was asked. */
export class FakeStores {
  readonly asked: URL[] = [];
  /** Status of every answer, and text of those that are not 200. */
  status = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      this.asked.push(url);
      response.writeHead(this.status);
      response.end(this.status === 200 ? answerOf(url) : 'the query took too long');
    });
  }

  static async start(): Promise<FakeStores> {
    const fake = new FakeStores();
    await new Promise<void>((done) => fake.#server.listen(0, '127.0.0.1', done));
    return fake;
  }

  store(name: StoreName): Store {
    const { port } = this.#server.address() as AddressInfo;
    return { name, options: { host: '127.0.0.1', port, agent: false }, close: () => undefined };
  }

  get light(): LightStores {
    return { prometheus: this.store('prometheus'), lines: this.store('victoria-logs') };
  }

  /** Queries of one API, in the order in which they came. */
  queries(path: string): string[] {
    return this.asked
      .filter(({ pathname }) => pathname === path)
      .map(({ searchParams }) => searchParams.get('query') ?? '');
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }
}

function answerOf({ pathname, searchParams }: URL): string {
  const number = (name: string) => Number.parseFloat(searchParams.get(name) ?? '');
  const [start, end, step] = [number('start'), number('end'), number('step')];
  const series = (metric: object, from: number) => {
    const values: [number, string][] = [];
    for (let time = from; time <= end; time += step)
      values.push([time, time === from ? 'NaN' : String(1 + Math.sin(time / 600))]);
    return { metric, values };
  };
  const result = (found: unknown[]) => JSON.stringify({ status: 'success', data: { result: found } });
  const half = start + Math.floor((end - start) / 30) * 15;
  switch (pathname) {
    case '/api/v1/query_range':
      return result([
        series({ span_name: 'GET /orders', pod: 'orders-1', image_tag: 'abc' }, start),
        series({ span_name: 'POST /orders', pod: 'orders-2', image_tag: 'def' }, half),
      ]);
    case '/api/v1/query':
      return result([{ metric: { node: 'one' }, value: [1, '3'] }]);
    case '/api/v1/query_exemplars': {
      const exemplar = { labels: { trace_id: exemplarTrace }, value: '1.5', timestamp: half };
      const unknown = { labels: {}, value: '1', timestamp: half };
      return JSON.stringify({ status: 'success', data: [{ exemplars: [exemplar, unknown] }] });
    }
    case '/select/logsql/stats_query_range':
      return result(['0', '9', '10', '17'].map((severity) => series({ severity_number: severity }, half)));
    case '/select/logsql/query':
      return ['first', 'second']
        .map((message, i) =>
          JSON.stringify({
            ...{ _time: `2026-03-01T10:00:0${i}Z`, _msg: `${message} <b>`, severity_number: '9' },
            ...(i === 0 ? {} : { trace_id: exemplarTrace }),
          }),
        )
        .join('\n');
    case '/api/services':
      return '{"data":[]}';
    default:
      return '{}';
  }
}
