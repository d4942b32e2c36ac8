import { type LogSelection, logsQl } from './log-query.ts';

/** Lines of level error, and what of them is the same in every line of a group. */
export interface ErrorSelection extends Pick<LogSelection, 'app'> {
  /** Duration back from now, such as 1d, in which a group has at least one line. */
  since: string;
  limit: number;
}

/**
 * The query for groups of errors in LogsQL, the newest first (pipes 'extract_regexp', 'collapse_nums', 'stats', 'filter', 'sort').
 *
 * Lines of a group have the same message, first line of the field `error` and place in the code, where numbers, identifiers, addresses
 * and times do not count. `first` and `last` are of all lines that the store has.
 */
export function errorsQl({ app, since, limit }: ErrorSelection): string {
  const fields = ['"k8s.namespace.name"', '_msg', 'thrown', 'place'];
  const functions = [
    `count() if (_time:${since}) as count`,
    'min(_time) as first',
    'max(_time) as last',
    'max(trace_id) as trace',
    'count_uniq(caller, user) as users',
    'uniq_values("k8s.pod.name") limit 100 as pods',
  ];
  return [
    logsQl({ ...(app === undefined ? {} : { app }), level: 'error' }),
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
