import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import type { Trace } from './span.ts';
import { jsonOf, type Store } from './store.ts';
import { missingTrace, type TraceSearch } from './trace-search.ts';

/** Jaeger's own JSON of a trace (`/api/traces`): times in microseconds. */
const jaegerTrace = z.object({
  traceID: z.string(),
  spans: z.array(
    z.object({
      spanID: z.string(),
      operationName: z.string(),
      references: z.array(z.object({ refType: z.string(), spanID: z.string() })).default([]),
      startTime: z.number(),
      duration: z.number(),
      tags: z.array(z.object({ key: z.string(), value: z.unknown() })).default([]),
      processID: z.string(),
    }),
  ),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })),
});
const answer = z.object({ data: z.array(jaegerTrace).nullable() });

export async function traceById(store: Store, id: string): Promise<Trace> {
  const found = await tracesFrom(store, `/api/traces/${encodeURIComponent(id)}`, {}, id);
  const [trace] = found;
  if (trace === undefined) throw missingTrace(id);
  return trace;
}

/** Milliseconds. */
const durations = [10_000, 3_000, 1_000, 300, 100, 30, 10, 0];
/** Requests between two of these durations. */
const mostSteps = 6;

/**
 * The slowest traces of a search. Jaeger returns the newest of those of the service with a span that took `minDuration` or longer: it is
 * asked with falling durations until there are enough, and again with longer ones while it has more than it returns.
 */
export async function searchTraces(store: Store, search: TraceSearch): Promise<Trace[]> {
  const most = Math.max(200, search.limit * 4);
  const end = Date.now();
  const slowerThan = (milliseconds: number) =>
    tracesFrom(store, '/api/traces', {
      service: search.service,
      start: String((end - search.sinceSeconds * 1_000) * 1_000),
      end: String(end * 1_000),
      limit: String(most),
      ...(milliseconds === 0 ? {} : { minDuration: `${milliseconds}ms` }),
      ...(search.failed ? { tags: JSON.stringify({ error: 'true' }) } : {}),
    });
  /** All that are slower than `above`, of which there are not enough yet. */
  let slower: Trace[] = [];
  let above = Number.POSITIVE_INFINITY;
  for (const duration of durations) {
    const found = await slowerThan(duration);
    if (found.length >= most)
      return between(slowerThan, { slower, above, found, duration }, { ...search, most });
    if (found.length >= search.limit) return found;
    [slower, above] = [found, duration];
  }
  return slower;
}

/** The same where Jaeger has more traces of `duration` than it returns, `found`, and too few of `above`, `slower`. */
async function between(
  slowerThan: (milliseconds: number) => Promise<Trace[]>,
  known: { slower: Trace[]; above: number; found: Trace[]; duration: number },
  { limit, most }: { limit: number; most: number },
): Promise<Trace[]> {
  let { slower, above, found, duration } = known;
  for (let step = 0; step < mostSteps; step++) {
    // Durations of requests spread over powers of ten.
    const middle = Math.round(
      Number.isFinite(above) ? Math.sqrt(Math.max(1, duration) * above) : duration * 10,
    );
    if (middle <= duration || middle >= above) break;
    const next = await slowerThan(middle);
    if (next.length >= most) [found, duration] = [next, middle];
    else if (next.length >= limit) return next;
    else [slower, above] = [next, middle];
  }
  // Of about the same duration: any of them.
  return [...new Map([...slower, ...found].map((trace) => [trace.id, trace])).values()];
}

async function tracesFrom(
  store: Store,
  path: string,
  parameters: Record<string, string>,
  id?: string,
): Promise<Trace[]> {
  let document: unknown;
  try {
    document = await jsonOf(store, path, parameters);
  } catch (error) {
    if (id !== undefined && error instanceof Failure && /answered 404 /.test(error.message))
      throw missingTrace(id);
    throw error;
  }
  return (answer.parse(document).data ?? []).map(traceFrom);
}

function traceFrom({ traceID, spans, processes }: z.infer<typeof jaegerTrace>): Trace {
  return {
    id: traceID,
    spans: spans
      .map(({ spanID, operationName, references, startTime, duration, tags, processID }) => {
        const attributes = Object.fromEntries(tags.map(({ key, value }) => [key, value]));
        const parent = references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;
        return {
          id: spanID,
          ...(parent === undefined ? {} : { parent }),
          service: processes[processID]?.serviceName ?? '',
          name: operationName,
          start: startTime,
          duration,
          failed: attributes.error === true || attributes['otel.status_code'] === 'ERROR',
          attributes,
        };
      })
      .sort((a, b) => a.start - b.start),
  };
}
