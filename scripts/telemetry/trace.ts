import { table } from '../cli/table.ts';
import { searchTraces, traceById } from './jaeger.ts';
import type { LogSelection } from './log-query.ts';
import { logLines } from './logs.ts';
import { lokiLines } from './loki.ts';
import { lengthOf, milliseconds, type Trace } from './span.ts';
import { isReached, withStore } from './store.ts';
import { tempoTrace, tempoTraces } from './tempo.ts';
import type { TraceSearch } from './trace-search.ts';
import { printTrace } from './trace-tree.ts';

/** Prints one trace as a tree, each span with the log lines that it wrote. */
export async function showTrace(environment: string, id: string, json: boolean): Promise<number> {
  const inTempo = isReached(environment, 'tempo');
  const trace = inTempo
    ? await withStore(environment, 'tempo', (store) => tempoTrace(store, id))
    : await withStore(environment, 'jaeger', (store) => traceById(store, id));
  const lines = inTempo
    ? await withStore(environment, 'loki', (store) => lokiLines(store, aroundTrace(trace), 1_000))
    : await withStore(environment, 'victoria-logs', (store) => logLines(store, { trace: id }, 1_000));
  process.stdout.write(`${json ? JSON.stringify({ ...trace, lines }, null, 2) : printTrace(trace, lines)}\n`);
  return 0;
}

/** Prints the slowest traces of a service. */
export async function showSlowest(environment: string, search: TraceSearch, json: boolean): Promise<number> {
  const traces = isReached(environment, 'tempo')
    ? await withStore(environment, 'tempo', (store) => tempoTraces(store, search))
    : await withStore(environment, 'jaeger', (store) => searchTraces(store, search));
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

/** Lines of a trace, from an hour before it began: Loki looks at the time that it is told alone. */
function aroundTrace({ id, spans }: Trace): LogSelection {
  const seconds = Math.ceil(Date.now() / 1_000 - (spans[0]?.start ?? 0) / 1_000_000) + 3_600;
  return { trace: id, since: `${seconds}s` };
}
