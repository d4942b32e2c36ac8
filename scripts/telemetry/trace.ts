import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { table } from '../cli/table.ts';
import { logLines } from './logs.ts';
import { lengthOf, milliseconds, type Trace } from './span.ts';
import { jsonOf, type Store, withStore } from './store.ts';
import { printTrace } from './trace-tree.ts';

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

export interface TraceSearch {
  service: string;
  /** Seconds back from now. */
  sinceSeconds: number;
  limit: number;
  /** Only traces with a failed span. */
  failed: boolean;
}

/** Prints one trace as a tree, each span with the log lines that it wrote. */
export async function showTrace(environment: string, id: string, json: boolean): Promise<number> {
  const trace = await withStore(environment, 'jaeger', (store) => traceById(store, id));
  const lines = await withStore(environment, 'victoria-logs', (store) =>
    logLines(store, { trace: id }, 1_000),
  );
  process.stdout.write(`${json ? JSON.stringify({ ...trace, lines }, null, 2) : printTrace(trace, lines)}\n`);
  return 0;
}

/** Prints the slowest traces of a service. */
export async function showSlowest(environment: string, search: TraceSearch, json: boolean): Promise<number> {
  const traces = await withStore(environment, 'jaeger', (store) => searchTraces(store, search));
  const slowest = traces.sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, search.limit);
  if (json) {
    process.stdout.write(`${JSON.stringify(slowest, null, 2)}\n`);
    return 0;
  }
  if (slowest.length === 0) {
    process.stdout.write(`no trace of ${search.service} in that time\n`);
    return 0;
  }
  const rows = slowest.map((trace) => [
    trace.id,
    milliseconds(lengthOf(trace)),
    trace.spans[0]?.name ?? '',
    String(trace.spans.length),
    trace.spans.some(({ failed }) => failed) ? 'failed' : 'ok',
    new Date((trace.spans[0]?.start ?? 0) / 1_000).toISOString(),
  ]);
  const lines = table(['TRACE', 'DURATION', 'REQUEST', 'SPANS', 'RESULT', 'STARTED'], rows);
  process.stdout.write(`${lines.join('\n')}\n\nOne of them: npm run trace -- ${slowest[0]?.id}\n`);
  return 0;
}

export async function traceById(store: Store, id: string): Promise<Trace> {
  const found = await tracesFrom(store, `/api/traces/${encodeURIComponent(id)}`, {}, id);
  const [trace] = found;
  if (trace === undefined) throw missing(id);
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
      throw missing(id);
    throw error;
  }
  return (answer.parse(document).data ?? []).map(traceFrom);
}

function missing(id: string): Failure {
  return new Failure(
    `there is no trace ${id}: it is older than 'retention.traces', or it was never sent.`,
    'Find one: npm run trace -- --slow APP',
  );
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
