import { notSynthetic } from '../../apps/home/src/errors/error-groups.ts';

/** Selection of log lines. */
export interface LogSelection {
  /** Name of an app or operator, which is its namespace; absent for all. */
  app?: string;
  /** Duration back from now, such as 10m. */
  since?: string;
  /** Regular expression (RE2) that the message must match. */
  grep?: string;
  /** Identifier of a trace. */
  trace?: string;
  /** The lowest level. */
  level?: (typeof levels)[number];
}

/** Selection and format of the output. */
export interface LogOptions extends LogSelection {
  environment: string;
  limit: number;
  follow: boolean;
  json: boolean;
}

/** Levels, from the lowest. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;

/** Spellings of each level in programs. */
const spellings: Readonly<Record<(typeof levels)[number], readonly string[]>> = {
  debug: ['debug', 'trace'],
  info: ['info', 'information', 'notice'],
  warn: ['warn', 'warning'],
  error: ['error', 'err', 'fatal', 'critical', 'panic'],
};

/** Whether a level is `least` or higher. An unknown or missing level counts as `info`. */
export function isAtLeast(least: (typeof levels)[number], given: string | undefined): boolean {
  const level = levels.find((each) => given !== undefined && spellings[each].includes(given)) ?? 'info';
  return levels.indexOf(level) >= levels.indexOf(least);
}

/** First severity number of each level (OpenTelemetry, 'Logs Data Model', 'Field: SeverityNumber'). */
const severityNumbers = { debug: 5, info: 9, warn: 13, error: 17 } as const;

/** The name of a severity; undefined if the line has none. */
export function levelOfSeverity(number: number): (typeof levels)[number] | undefined {
  return number < 1 ? undefined : (levels.findLast((level) => severityNumbers[level] <= number) ?? 'debug');
}

/** A line without a level counts as `info`: its number is 0. */
const severityFilters: Readonly<Record<(typeof levels)[number], string | undefined>> = {
  debug: undefined,
  info: `!severity_number:range[1, ${severityNumbers.info})`,
  warn: `severity_number:>=${severityNumbers.warn}`,
  error: `severity_number:>=${severityNumbers.error}`,
};

/**
 * The selection in LogsQL (VictoriaLogs, 'LogsQL'). Values are quoted as JSON strings, which LogsQL accepts. `error` alone leaves out the
 * lines of synthetic requests: their errors are on purpose.
 */
export function logsQl({ app, since, grep, trace, level }: LogSelection): string {
  const filters = [
    since === undefined ? undefined : `_time:${since}`,
    app === undefined ? undefined : `{"k8s.namespace.name"=${JSON.stringify(app)}}`,
    trace === undefined ? undefined : `trace_id:=${JSON.stringify(trace)}`,
    level === undefined ? undefined : severityFilters[level],
    level === 'error' && trace === undefined && grep === undefined ? notSynthetic : undefined,
    grep === undefined ? undefined : `_msg:~${JSON.stringify(grep)}`,
  ].filter((filter) => filter !== undefined);
  return filters.length === 0 ? '*' : filters.join(' ');
}
