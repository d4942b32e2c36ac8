import { styleText } from 'node:util';
import { z } from 'zod';
import { levelOfSeverity } from './log-query.ts';

/** A line from VictoriaLogs, with the field names of the collector and OTLP. */
const storedLine = z.looseObject({
  _time: z.string(),
  _msg: z.string().default(''),
  severity_number: z.coerce.number().default(0),
  level: z.string().optional(),
  'k8s.namespace.name': z.string().optional(),
  'k8s.pod.name': z.string().optional(),
  'k8s.container.name': z.string().optional(),
  'service.name': z.string().optional(),
  trace_id: z.string().optional(),
  span_id: z.string().optional(),
});

/** One line of a container's log. */
export interface LogLine {
  /** RFC 3339, with nanoseconds if the node recorded them. */
  time: string;
  level?: string;
  namespace?: string;
  pod?: string;
  container?: string;
  message: string;
  trace?: string;
  span?: string;
  /** Further fields of the line. */
  fields: Record<string, string>;
}

/** Fields of the store and the collector that are unrelated to the event. */
const housekeeping =
  /^(_stream|_stream_id|log\.|k8s\.|service\.name$|time$|level$|logtag$|severity|scope\.|flags$|trace_id$|span_id$|_time$|_msg$)/;

export function logLine(json: string): LogLine {
  const stored = storedLine.parse(JSON.parse(json));
  const names = {
    level: levelOfSeverity(stored.severity_number) ?? stored.level?.toLowerCase(),
    namespace: stored['k8s.namespace.name'] ?? stored['service.name'],
    pod: stored['k8s.pod.name'],
    container: stored['k8s.container.name'],
    trace: stored.trace_id,
    span: stored.span_id,
  };
  const fields = Object.entries(stored)
    .filter(([name, value]) => !housekeeping.test(name) && typeof value === 'string' && value !== '')
    .map(([name, value]) => [name, String(value)]);
  return {
    time: stored._time,
    message: stored._msg,
    ...named(names),
    fields: Object.fromEntries(fields),
  };
}

/** Where a line comes from, without what it does not have. */
export function named(names: Readonly<Record<string, string | undefined>>): Partial<LogLine> {
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined && value !== ''));
}

const colours = { error: 'red', fatal: 'red', warn: 'yellow', warning: 'yellow' } as const;

/**
 * A line for people: time, pod, level, message, fields, and the whole identifier of its trace, for `npm run trace -- ID`. Control characters are escaped. Continuation lines, as of a stack trace, are
 * indented, so that none looks like a separate log line.
 */
export function printLine(line: LogLine): string {
  const { time, level = '', pod = '', message, fields, trace } = line;
  const short = Object.entries(fields).filter(([, value]) => !value.includes('\n'));
  const long = Object.entries(fields).filter(([, value]) => value.includes('\n'));
  const said = [
    [
      ...[level.padEnd(5), shown(message)],
      ...short.map(([name, value]) => `${name}=${quoted(value)}`),
      ...(trace === undefined ? [] : [`trace=${quoted(trace)}`]),
    ].join(' '),
    ...long.map(([name, value]) => `\n${name}: ${shown(value)}`),
  ]
    .join('')
    .replaceAll('\n', '\n    ');
  const colour = Object.hasOwn(colours, level) ? colours[level as keyof typeof colours] : undefined;
  return `${time.slice(11, 23)} ${pod} ${colour === undefined ? said : styleText(colour, said)}`;
}

function quoted(value: string): string {
  const text = shown(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

function shown(text: string): string {
  return text.replace(
    /(?![\t\n])\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
