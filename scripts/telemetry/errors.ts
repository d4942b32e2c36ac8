import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { table } from '../cli/table.ts';
import { type LogSelection, logsQl } from './log-query.ts';
import { isReached, linesOf, type Store, withStore } from './store.ts';

const row = z.object({
  'k8s.namespace.name': z.string().default(''),
  _msg: z.string().default(''),
  count: z.coerce.number(),
  first: z.string(),
  last: z.string(),
  trace: z.string().default(''),
});

/** Lines of level error that differ only in numbers, identifiers, addresses and times. */
export interface ErrorGroup {
  app: string;
  /** The message, with `<N>`, `<UUID>`, `<IP4>` and the like for the parts that differ. */
  message: string;
  count: number;
  /** RFC 3339. */
  first: string;
  last: string;
  /** One of the traces of its lines; empty if there is none. */
  trace: string;
}

/** Prints the groups of errors, the newest first. */
export async function showErrors(
  environment: string,
  selection: Pick<LogSelection, 'app' | 'since'>,
  { limit, json }: { limit: number; json: boolean },
): Promise<number> {
  if (!isReached(environment, 'victoria-logs')) {
    throw new Failure(
      `errors are grouped by VictoriaLogs, which does not run in '${environment}'.`,
      "Write 'observability: { store: light }' in cluster.yaml, or look at: npm run logs -- --level error",
    );
  }
  const groups = await withStore(environment, 'victoria-logs', (store) =>
    errorGroups(store, selection, limit),
  );
  process.stdout.write(`${json ? JSON.stringify(groups, null, 2) : printErrors(groups)}\n`);
  return 0;
}

/** The groups of errors of a selection, the newest first. */
export async function errorGroups(
  store: Store,
  selection: Pick<LogSelection, 'app' | 'since'>,
  limit: number,
): Promise<ErrorGroup[]> {
  const groups: ErrorGroup[] = [];
  for await (const line of linesOf(store, '/select/logsql/query', { query: errorsQl(selection, limit) })) {
    if (line === '') continue;
    const { 'k8s.namespace.name': app, _msg: message, ...rest } = row.parse(JSON.parse(line));
    groups.push({ app, message, ...rest });
  }
  return groups;
}

/** The query in LogsQL: pipes 'collapse_nums', 'stats' and 'sort'. */
export function errorsQl(selection: Pick<LogSelection, 'app' | 'since'>, limit: number): string {
  return [
    logsQl({ ...selection, level: 'error' }),
    'collapse_nums at _msg prettify',
    'stats by ("k8s.namespace.name", _msg) count() as count, min(_time) as first, max(_time) as last, max(trace_id) as trace',
    'sort by (last desc)',
    `limit ${limit}`,
  ].join(' | ');
}

export function printErrors(groups: readonly ErrorGroup[]): string {
  if (groups.length === 0) return 'no errors';
  const rows = groups.map(({ app, message, count, first, last, trace }) => [
    String(count),
    first.slice(0, 19),
    last.slice(0, 19),
    app,
    trace === '' ? '-' : trace,
    message.replace(/\s+/g, ' ').slice(0, 160),
  ]);
  return table(['COUNT', 'FIRST', 'LAST', 'APP', 'TRACE', 'MESSAGE'], rows).join('\n');
}
