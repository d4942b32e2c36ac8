/** Which lines are asked for. */
export interface LogSelection {
  /** Name of an app or operator, which is its namespace; absent for all. */
  app?: string;
  /** Duration back from now, such as 10m. */
  since?: string;
  /** Regular expression (RE2) that the message must match. */
  grep?: string;
  /** Identifier of a trace. */
  trace?: string;
  /** The least level. */
  level?: (typeof levels)[number];
}

/** Which lines are shown, and how. */
export interface LogOptions extends LogSelection {
  environment: string;
  limit: number;
  follow: boolean;
  json: boolean;
}

/** Levels, from the least. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;

/** How programs write each level. */
const spellings: Readonly<Record<(typeof levels)[number], readonly string[]>> = {
  debug: ['debug', 'trace'],
  info: ['info', 'information', 'notice'],
  warn: ['warn', 'warning'],
  error: ['error', 'err', 'fatal', 'critical', 'panic'],
};

/** Whether a line of a level is one of those from `least` up. A level that nobody knows, or none, counts as `info`. */
export function isAtLeast(least: (typeof levels)[number], given: string | undefined): boolean {
  const level = levels.find((each) => given !== undefined && spellings[each].includes(given)) ?? 'info';
  return levels.indexOf(level) >= levels.indexOf(least);
}

/** The selection in LogsQL (VictoriaLogs, 'LogsQL'). Values are quoted as strings of JSON, which LogsQL reads. */
export function logsQl({ app, since, grep, trace, level }: LogSelection): string {
  const filters = [
    since === undefined ? undefined : `_time:${since}`,
    app === undefined ? undefined : `{"k8s.namespace.name"=${JSON.stringify(app)}}`,
    trace === undefined ? undefined : `trace_id:=${JSON.stringify(trace)}`,
    level === undefined ? undefined : `severity:~${JSON.stringify(`(?i)^(${atLeast(level).join('|')})`)}`,
    grep === undefined ? undefined : `_msg:~${JSON.stringify(grep)}`,
  ].filter((filter) => filter !== undefined);
  return filters.length === 0 ? '*' : filters.join(' ');
}

function atLeast(level: (typeof levels)[number]): string[] {
  return levels.slice(levels.indexOf(level)).flatMap((name) => spellings[name]);
}
