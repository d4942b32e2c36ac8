import { z } from 'zod';
import { jsonOf, type Store } from './store.ts';

const vector = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/** One series of an instant query: its labels and its value now. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** The answer of Prometheus to an instant query (HTTP API, 'Instant queries'). */
export async function instant(store: Store, query: string): Promise<Sample[]> {
  const { data } = vector.parse(await jsonOf(store, '/api/v1/query', { query }));
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
