import { ApiError, type ApiServer, getJson, getText } from '../api.ts';
import { poll } from '../poll.ts';
import type { SignalStore } from '../stores.ts';
import { type ErrorGroup, errorGroup, errorsQl } from './error-groups.ts';
import { type ErrorState, type Resolved, resolvedErrorsMap, stateOf } from './error-state.ts';

/** A group of errors on the page: the same as in `npm run errors`, whose id it has. */
export interface OpenError
  extends Pick<
    ErrorGroup,
    'id' | 'app' | 'message' | 'thrown' | 'place' | 'count' | 'first' | 'last' | 'trace'
  > {
  state: ErrorState;
}

/** The newest groups of errors of all apps and of the platform. */
export interface Errors {
  /** The newest first; without those that are resolved. */
  groups: readonly OpenError[];
  /** Reason why groups are missing or outdated; empty while the store answers. */
  trouble: string;
}

/** Groups of the last day, at most so many: a flood of errors must not make the store read all of its retention each time. */
const selection = { since: '1d', within: '1d', limit: 100 } as const;

/**
 * Asks VictoriaLogs, the only store that groups errors, every minute until the signal, and calls `onChange` after each answer.
 */
export function watchErrors(
  api: ApiServer,
  store: SignalStore,
  onChange: () => void,
  signal: AbortSignal,
  everyMs = 60_000,
): Errors {
  const query = new URLSearchParams({ query: errorsQl(selection) });
  return poll<Errors>(
    { groups: [], trouble: '' },
    async () => {
      const [lines, resolved] = await Promise.all([
        getText(store, `/select/logsql/query?${query}`, signal),
        resolvedErrors(api, signal),
      ]);
      return { groups: groupsOf(lines, resolved) };
    },
    { onChange, signal, everyMs },
  );
}

function groupsOf(lines: string, resolved: ReadonlyMap<string, Resolved>): OpenError[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map(errorGroup)
    .map(({ users: _, pods: __, ...group }) => ({
      ...group,
      state: stateOf(group.last, resolved.get(group.id)),
    }))
    .filter(({ state }) => state !== 'resolved');
}

async function resolvedErrors(api: ApiServer, signal: AbortSignal): Promise<Map<string, Resolved>> {
  const { namespace, name } = resolvedErrorsMap;
  try {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
    const { data = {} } = (await getJson(api, path, signal)) as { data?: Record<string, string> };
    return new Map(Object.entries(data).map(([id, text]) => [id, JSON.parse(text) as Resolved]));
  } catch (error) {
    // Nobody has resolved an error yet.
    if (error instanceof ApiError && error.status === 404) return new Map();
    throw error;
  }
}
