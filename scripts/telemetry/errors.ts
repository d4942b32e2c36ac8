import { styleText } from 'node:util';
import {
  type ErrorGroup,
  type ErrorSelection,
  errorGroup,
  errorsQl,
} from '../../apps/home/src/errors/error-groups.ts';
import { type ErrorState, stateOf } from '../../apps/home/src/errors/error-state.ts';
import { Failure } from '../cli/failure.ts';
import { table } from '../cli/table.ts';
import { type ClusterClient, clusterClient } from '../cluster/client.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { type ResolvedError, resolvedErrors, setResolved } from './error-state.ts';
import { instant } from './metrics.ts';
import { isReached, linesOf, type Store, withStore } from './store.ts';

/** A group with what the cluster knows of it. */
export interface TrackedError extends Omit<ErrorGroup, 'pods'> {
  state: ErrorState;
  /** RFC 3339; absent if nobody resolved it. */
  resolvedAt?: string;
  /** Tags of the images whose pods wrote its lines. */
  releases: string[];
}

/** Options of the list of errors. */
export interface ErrorListOptions extends ErrorSelection {
  json: boolean;
  /** Also those that are resolved. */
  all: boolean;
}

/** Prints the groups of errors, the newest first. Exit code 0 also if there are errors. */
export async function showErrors(environment: string, options: ErrorListOptions): Promise<number> {
  const groups = await groupsOf(environment, options);
  const [resolved, releases] = await Promise.all([
    resolvedErrors(clientOf(environment)),
    withStore(environment, 'prometheus', (store) => releasesOfPods(store)),
  ]);
  const tracked = groups
    .map((group) => track(group, resolved.get(group.id), releases))
    .filter(({ state }) => options.all || state !== 'resolved');
  process.stdout.write(`${options.json ? JSON.stringify(tracked, null, 2) : printErrors(tracked)}\n`);
  return 0;
}

/** Marks an error as resolved: it is listed again once a new line of it comes. */
export async function resolveError(environment: string, id: string): Promise<number> {
  const everything = { since: '10y', limit: 10_000 };
  const found = (await groupsOf(environment, everything)).find((group) => group.id === id);
  if (found === undefined) {
    throw new Failure(`no error has the id '${id}'.`, 'Find it in the first column of: npm run errors');
  }
  const entry = { at: new Date().toISOString(), app: found.app, message: found.message.slice(0, 120) };
  await setResolved(clientOf(environment), id, entry);
  process.stdout.write(`${id} is resolved: ${found.app}: ${oneLine(found.message)}\n`);
  return 0;
}

/** Takes back that an error is resolved. */
export async function reopenError(environment: string, id: string): Promise<number> {
  const client = clientOf(environment);
  if (!(await resolvedErrors(client)).has(id)) {
    throw new Failure(`no error with the id '${id}' is resolved.`, 'See them: npm run errors -- --all');
  }
  await setResolved(client, id, undefined);
  process.stdout.write(`${id} is open again\n`);
  return 0;
}

function clientOf(environment: string): ClusterClient {
  return clusterClient(readCluster(environment).name);
}

async function groupsOf(environment: string, selection: ErrorSelection): Promise<ErrorGroup[]> {
  if (!isReached(environment, 'victoria-logs')) {
    throw new Failure(
      `errors are grouped by VictoriaLogs, which does not run in '${environment}'.`,
      "Write 'observability: { store: light }' in cluster.yaml, or look at: npm run logs -- --level error",
    );
  }
  return withStore(environment, 'victoria-logs', (store) => errorGroups(store, selection));
}

/** The groups of errors of a selection, the newest first. */
export async function errorGroups(store: Store, selection: ErrorSelection): Promise<ErrorGroup[]> {
  const groups: ErrorGroup[] = [];
  for await (const line of linesOf(store, '/select/logsql/query', { query: errorsQl(selection) })) {
    if (line !== '') groups.push(errorGroup(line));
  }
  return groups;
}

/** Tags of the images of pods of the last week, by `NAMESPACE/POD`. */
export async function releasesOfPods(store: Store): Promise<Map<string, string>> {
  const samples = await instant(store, 'last_over_time(k8s_container_ready[7d])');
  const tags = samples.map(({ labels }) => [`${labels.namespace}/${labels.pod}`, labels.image_tag] as const);
  return new Map(tags.flatMap(([pod, tag]) => (tag === undefined ? [] : [[pod, tag]])));
}

/** A group with its state and the releases that wrote it. */
export function track(
  { pods, ...group }: ErrorGroup,
  resolved: ResolvedError | undefined,
  releases: ReadonlyMap<string, string>,
): TrackedError {
  const tags = pods.flatMap((pod) => releases.get(`${group.app}/${pod}`) ?? []);
  return {
    ...group,
    state: stateOf(group.last, resolved),
    ...(resolved === undefined ? {} : { resolvedAt: resolved.at }),
    releases: [...new Set(tags)].sort(),
  };
}

const colours = { new: 'yellow', regressed: 'red', resolved: 'green' } as const;

export function printErrors(errors: readonly TrackedError[]): string {
  if (errors.length === 0) return 'no errors';
  const rows = errors.map(
    ({ id, state, count, users, first, last, app, releases, trace, message, thrown }) => [
      id,
      styleText(colours[state], state),
      String(count),
      users === 0 ? '-' : String(users),
      first.slice(0, 16),
      last.slice(0, 16),
      app,
      releases.length === 0 ? '-' : releases.slice(-3).join(' '),
      trace === '' ? '-' : trace,
      oneLine(thrown === '' ? message : `${message}: ${thrown}`),
    ],
  );
  const header = ['ID', 'STATE', 'COUNT', 'USERS', 'FIRST', 'LAST', 'APP', 'RELEASES', 'TRACE', 'MESSAGE'];
  return table(header, rows).join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 160);
}
