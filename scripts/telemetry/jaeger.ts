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

export function searchTraces(store: Store, search: TraceSearch): Promise<Trace[]> {
  const end = Date.now();
  return tracesFrom(store, '/api/traces', {
    service: search.service,
    start: String((end - search.sinceSeconds * 1_000) * 1_000),
    end: String(end * 1_000),
    // Jaeger returns the newest traces; the limit is high enough to include the slowest.
    limit: '1000',
    ...(search.failed ? { tags: JSON.stringify({ error: 'true' }) } : {}),
  });
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
