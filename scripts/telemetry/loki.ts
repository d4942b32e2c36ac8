import { z } from 'zod';
import { inSeconds } from '../../model/schema/duration.ts';
import { type LogLine, named } from './log-line.ts';
import { isAtLeast, type LogSelection, levels } from './log-query.ts';
import { jsonOf, type Store } from './store.ts';

/** Levels that Loki finds in lines (Loki, 'Configuration parameters', `discover_log_levels`), apart from `unknown`. */
const detected = ['trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'];

/** The selection in LogQL (Loki, 'Query', 'Log queries'). Fields of a line of JSON are structured metadata. */
export function logQl({ app, grep, trace, level }: LogSelection): string {
  const quoted = (text: string) => JSON.stringify(text);
  const lower = level === undefined ? [] : detected.filter((each) => !isAtLeast(level, each));
  const higher = detected.filter((each) => !lower.includes(each));
  // A line without a level counts as `info`.
  const byLevel =
    level !== undefined && levels.indexOf(level) > levels.indexOf('info')
      ? ` | detected_level=~${quoted(higher.join('|'))}`
      : ` | detected_level!~${quoted(lower.join('|'))}`;
  return [
    app === undefined ? '{k8s_namespace_name=~".+"}' : `{k8s_namespace_name=${quoted(app)}}`,
    grep === undefined ? '' : ` |~ ${quoted(grep)}`,
    trace === undefined ? '' : ` | trace_id=${quoted(trace)}`,
    lower.length === 0 ? '' : byLevel,
    // The errors of synthetic requests are on purpose.
    level === 'error' && trace === undefined && grep === undefined ? ' | user_agent_synthetic_type=""' : '',
  ].join('');
}

/** Loki's answer to a query of lines: a stream for each set of labels and metadata (Loki, 'HTTP API', 'Query logs within a range of time'). */
const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())),
      }),
    ),
  }),
});

/** The newest lines of a selection, oldest first. Without `since`, of the last hour. */
export async function lokiLines(store: Store, selection: LogSelection, limit: number): Promise<LogLine[]> {
  const end = Date.now();
  const start = end - inSeconds(selection.since ?? '1h') * 1_000;
  const found = await jsonOf(store, '/loki/api/v1/query_range', {
    query: logQl(selection),
    start: `${start}000000`,
    end: `${end}000000`,
    limit: String(limit),
    direction: 'backward',
  });
  const lines = answer
    .parse(found)
    .data.result.flatMap(({ stream, values }) => values.map(([time, text]) => line(stream, time, text)));
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Labels of Loki and of the collector that are unrelated to the event. */
const housekeeping =
  /^(k8s_|service_name$|deployment_environment|detected_level$|level$|severity|scope_|observed_timestamp$|flags$|log_|logtag$|time$|trace_id$|span_id$|__)/;

function line(stream: Readonly<Record<string, string>>, nanoseconds: string, message: string): LogLine {
  const { detected_level: level } = stream;
  return {
    time: timeOf(nanoseconds),
    message,
    ...named({
      level: level === 'unknown' ? undefined : level,
      namespace: stream.k8s_namespace_name ?? stream.service_name,
      pod: stream.k8s_pod_name,
      container: stream.k8s_container_name,
      trace: stream.trace_id,
      span: stream.span_id,
    }),
    fields: Object.fromEntries(
      Object.entries(stream).filter(([name, value]) => !housekeeping.test(name) && value !== ''),
    ),
  };
}

/** RFC 3339 with nanoseconds. */
function timeOf(nanoseconds: string): string {
  const [seconds, rest] = [nanoseconds.slice(0, -9), nanoseconds.slice(-9)];
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${rest}Z`;
}
