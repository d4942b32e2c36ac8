import { z } from 'zod';
import { instant } from '../../scripts/telemetry/metrics.ts';
import { jsonOf, linesOf, type Store } from '../../scripts/telemetry/store.ts';

const lineCount = z.object({ lines: z.coerce.number(), all: z.coerce.number() });

/** Log lines with the field `run`: how many different ones there are by their field `n`, and how many with those that came twice. */
export async function countLines(store: Store, run: string): Promise<{ lines: number; all: number }> {
  const query = `run:=${JSON.stringify(run)} | stats count_uniq(n) as lines, count() as all`;
  for await (const line of linesOf(store, '/select/logsql/query', { query }))
    if (line !== '') return lineCount.parse(JSON.parse(line));
  return { lines: 0, all: 0 };
}

const found = z.object({
  data: z
    .array(z.object({ traceID: z.string(), spans: z.array(z.object({ spanID: z.string() })) }))
    .nullable(),
});

/** Spans that a service stored between two times, in milliseconds since 1970. Jaeger is asked for ten seconds at a time. */
export async function countSpans(store: Store, service: string, from: number, to: number): Promise<number> {
  const spans = new Set<string>();
  for (let start = from; start < to; start += 10_000) {
    const answer = await jsonOf(store, '/api/traces', {
      service,
      start: String(start * 1_000),
      end: String(Math.min(start + 10_000, to) * 1_000),
      limit: '5000',
    });
    for (const trace of found.parse(answer).data ?? [])
      for (const { spanID } of trace.spans) spans.add(`${trace.traceID} ${spanID}`);
  }
  return spans.size;
}

/** The sum of an expression's series; 0 where there are none. */
export async function sumOf(store: Store, expression: string): Promise<number> {
  return (await instant(store, expression)).reduce((sum, { value }) => sum + value, 0);
}
