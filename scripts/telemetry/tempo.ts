import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import type { Span, Trace } from './span.ts';
import { jsonOf, type Store } from './store.ts';
import { missingTrace, type TraceSearch } from './trace-search.ts';

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const resourceSpans = z.object({
  resource: z.object({ attributes: z.array(attribute).default([]) }),
  scopeSpans: z.array(
    z.object({
      spans: z.array(
        z.object({
          spanId: z.string(),
          parentSpanId: z.string().default(''),
          name: z.string(),
          startTimeUnixNano: z.string(),
          endTimeUnixNano: z.string(),
          attributes: z.array(attribute).default([]),
          status: z.object({ code: z.union([z.string(), z.number()]).default(0) }).default({ code: 0 }),
        }),
      ),
    }),
  ),
});
/** A trace in OTLP's JSON (Tempo, 'HTTP API', 'Query'). */
const traceAnswer = z.object({ batches: z.array(resourceSpans).default([]) });
/** Traces of a search (Tempo, 'HTTP API', 'Search'). */
const searchAnswer = z.object({
  traces: z.array(z.object({ traceID: z.string(), durationMs: z.number().default(0) })).default([]),
});

/** Traces that a search looks at; the slowest of them are fetched. */
const searched = 1_000;

export async function tempoTrace(store: Store, id: string): Promise<Trace> {
  let document: unknown;
  try {
    document = await jsonOf(store, `/api/traces/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof Failure && /answered 404 /.test(error.message)) throw missingTrace(id);
    throw error;
  }
  const spans = traceAnswer.parse(document).batches.flatMap(spansOf);
  if (spans.length === 0) throw missingTrace(id);
  return { id, spans: spans.sort((a, b) => a.start - b.start) };
}

/** The slowest traces of a search. */
export async function tempoTraces(store: Store, search: TraceSearch): Promise<Trace[]> {
  const end = Math.ceil(Date.now() / 1_000);
  const { traces } = searchAnswer.parse(
    await jsonOf(store, '/api/search', {
      q: traceQl(search),
      start: String(end - search.sinceSeconds),
      end: String(end),
      limit: String(searched),
    }),
  );
  const slowest = traces.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, search.limit);
  const found: Trace[] = [];
  // Leading zeros are missing in the answer.
  for (const { traceID } of slowest) found.push(await tempoTrace(store, traceID.padStart(32, '0')));
  return found;
}

/** The search in TraceQL (Tempo, 'TraceQL', 'Construct a TraceQL query'). */
export function traceQl({ service, failed }: Pick<TraceSearch, 'service' | 'failed'>): string {
  const ofService = `{ resource.service.name = ${JSON.stringify(service)} }`;
  return failed ? `${ofService} && { status = error }` : ofService;
}

function spansOf({ resource, scopeSpans }: z.infer<typeof resourceSpans>): Span[] {
  const service = String(attributesOf(resource.attributes)['service.name'] ?? '');
  return scopeSpans.flatMap(({ spans }) =>
    spans.map((span) => {
      const parent = hex(span.parentSpanId);
      const start = microseconds(span.startTimeUnixNano);
      return {
        id: hex(span.spanId),
        ...(parent === '' ? {} : { parent }),
        service,
        name: span.name,
        start,
        duration: microseconds(span.endTimeUnixNano) - start,
        failed: span.status.code === 2 || span.status.code === 'STATUS_CODE_ERROR',
        attributes: attributesOf(span.attributes),
      };
    }),
  );
}

function attributesOf(given: readonly z.infer<typeof attribute>[]): Record<string, unknown> {
  return Object.fromEntries(given.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** Tempo writes identifiers in base64, OTLP's own JSON in hexadecimal digits: 16 of a span. */
function hex(id: string): string {
  return /^[0-9a-f]{16}$/i.test(id) ? id.toLowerCase() : Buffer.from(id, 'base64').toString('hex');
}

function microseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000n);
}
