import { createHash } from 'node:crypto';

/** Lines of level error that differ only in numbers, identifiers, addresses and times. */
export interface ErrorGroup {
  /** Fingerprint: eight characters of the hash of app, message, what was thrown and where. The same in every environment. */
  id: string;
  app: string;
  /** The message, with `<N>`, `<UUID>`, `<IP4>` and the like for the parts that differ. */
  message: string;
  /** First line of the error that was thrown; empty if the line has no field `error`. */
  thrown: string;
  /** Function and file that threw it; empty if there is no stack. */
  place: string;
  /** Lines in the selected time. */
  count: number;
  /** RFC 3339, of all lines that the store has, or of those of `within`. */
  first: string;
  last: string;
  /** The trace of its newest line that has one; empty if there is none. */
  trace: string;
  /** How many different values the fields `caller` and `user` have. */
  users: number;
  /** Pods that wrote its lines. */
  pods: string[];
}

/** Errors to group. */
export interface ErrorSelection {
  /** Name of an app or operator, which is its namespace. Default: all. */
  app?: string;
  /** Duration back from now, such as 1d, in which a group has at least one line. */
  since: string;
  /**
   * Duration back from now, not shorter than `since`: the store reads no line from before, so that no group is older. Default: all that
   * it has, which only a person should ask for.
   */
  within?: string;
  limit: number;
  /** Only the lines of synthetic requests, which are left out otherwise. Default: false. */
  synthetic?: boolean;
}

/** Field of lines that a synthetic request wrote (OpenTelemetry, semantic conventions, 'User-agent'). */
export const syntheticField = 'user_agent.synthetic.type';

/** Filter of LogsQL for lines of real requests. */
export const notSynthetic = `!"${syntheticField}":*`;

/**
 * The query for groups of errors in LogsQL, the newest first (pipes 'extract_regexp', 'collapse_nums', 'stats', 'filter', 'sort').
 *
 * Lines of a group have the same message, first line of the field `error` and place in the code, where numbers, identifiers, addresses
 * and times do not count. `first` and `last` are of all lines that the store has, or of those of `within`.
 */
export function errorsQl({ app, since, within, limit, synthetic = false }: ErrorSelection): string {
  const fields = ['"k8s.namespace.name"', '_msg', 'thrown', 'place'];
  const functions = [
    `count() if (_time:${since}) as count`,
    'min(_time) as first',
    'max(_time) as last',
    'row_max(_time, trace_id) if (trace_id:*) as newest',
    'count_uniq(caller, user) as users',
    'uniq_values("k8s.pod.name") limit 100 as pods',
  ];
  const filters = [
    ...(within === undefined ? [] : [`_time:${within}`]),
    ...(app === undefined ? [] : [`{"k8s.namespace.name"=${JSON.stringify(app)}}`]),
    // The first severity number of errors (OpenTelemetry, 'Logs Data Model', 'Field: SeverityNumber').
    'severity_number:>=17',
    synthetic ? `"${syntheticField}":*` : notSynthetic,
  ];
  return [
    filters.join(' '),
    extract('^(?P<thrown>[^\\n]+)'),
    extract('\\n\\s+at (?P<place>[^\\n]+)'),
    ...['_msg', 'thrown', 'place'].map((field) => `collapse_nums at ${field} prettify`),
    `stats by (${fields.join(', ')}) ${functions.join(', ')}`,
    'filter count:>0',
    'sort by (last desc)',
    `limit ${limit}`,
  ].join(' | ');
}

/** A part of the field `error`, which has the text and the stack of what was thrown. */
function extract(expression: string): string {
  return `extract_regexp ${JSON.stringify(expression)} from error`;
}

/** A group from one line of the answer; a field that is missing in it is empty. */
export function errorGroup(json: string): ErrorGroup {
  const row = record(json);
  const text = (field: string) => String(row[field] ?? '');
  const [app, message, thrown, place] = ['k8s.namespace.name', '_msg', 'thrown', 'place'].map(text);
  const pods: unknown = JSON.parse(text('pods') || '[]');
  return {
    id: fingerprint([app, message, thrown, place]),
    app: app ?? '',
    message: message ?? '',
    thrown: thrown ?? '',
    place: place ?? '',
    count: Number(text('count') || 0),
    first: text('first'),
    last: text('last'),
    trace: String(record(text('newest') || '{}').trace_id ?? ''),
    users: Number(text('users') || 0),
    pods: Array.isArray(pods) ? pods.map(String) : [],
  };
}

function record(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`no JSON object: ${json.slice(0, 200)}`);
}

function fingerprint(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}
