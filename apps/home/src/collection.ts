import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiServer, getJson, getJsonLines } from './api.ts';
import type { KubeObject } from './objects.ts';

/** All objects of a kind, kept current by a watch. */
export interface Collection<T extends KubeObject> {
  items: ReadonlyMap<string, T>;
  /** The API server has answered once, be it that there is no such kind or that it may not be read. */
  answered: boolean;
  /** The API server knows no such kind (yet): its CustomResourceDefinition is not there. */
  absent: boolean;
  /** Why the objects may be out of date or missing; empty while the watch runs. */
  trouble: string;
}

interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T & { code?: number; message?: string };
}

/** A watch sends a bookmark every minute or so. After this long without a word the connection is taken for dead. */
const idleMs = 100_000;

/** A watch that broke off after this long is begun again without a word. */
const quietMs = 30_000;

/**
 * Lists a kind, then watches it from there until the signal: the API server sends each change as it happens.
 * A watch that ends goes on where it ended; one whose past the server has forgotten (410) starts with a new list.
 */
export function watchKind<T extends KubeObject>(
  api: ApiServer,
  path: string,
  onChange: () => void,
  signal: AbortSignal,
  retryMs = 1_000,
): Collection<T> {
  const items = new Map<string, T>();
  const collection: Collection<T> = { items, answered: false, absent: false, trouble: '' };

  function set(change: Partial<Collection<T>>): void {
    Object.assign(collection, change);
    onChange();
  }

  async function list(): Promise<string> {
    const answer = (await getJson(api, path, signal)) as {
      metadata?: { resourceVersion?: string };
      items?: T[];
    };
    items.clear();
    for (const object of answer.items ?? []) items.set(key(object), object);
    set({ answered: true, absent: false, trouble: '' });
    return answer.metadata?.resourceVersion ?? '';
  }

  /** Returns the version up to which everything is known. */
  async function follow(from: string): Promise<string> {
    let version = from;
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${encodeURIComponent(from)}`;
    const stream = getJsonLines(api, `${path}${path.includes('?') ? '&' : '?'}${query}`, signal, idleMs);
    for await (const line of stream) {
      const { type, object } = line as WatchEvent<T>;
      if (type === 'ERROR') throw new ApiError(object.code ?? 0, object.message ?? 'the watch failed');
      version = object.metadata.resourceVersion ?? version;
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') items.delete(key(object));
      else items.set(key(object), object);
      set({ trouble: '' });
    }
    return version;
  }

  async function run(): Promise<void> {
    let version = '';
    let failures = 0;
    while (!signal.aborted) {
      const started = Date.now();
      try {
        if (version === '') version = await list();
        version = await follow(version);
        // A server that ends every watch at once must not be asked without pause.
        failures = Date.now() - started < retryMs ? failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) return;
        // Whatever happened after `version` is lost or unknown: a new list is always right.
        version = '';
        const gone = error instanceof ApiError && error.status === 410;
        // Events come without bookmarks: silence of a watch that ran for a while is no news.
        const ran = Date.now() - started > quietMs;
        failures = gone || ran ? 0 : failures + 1;
        if (error instanceof ApiError && [403, 404].includes(error.status)) {
          items.clear();
          set({ answered: true, absent: error.status === 404, trouble: trouble(error) });
        } else if (failures > 1) set({ trouble: trouble(error) });
      }
      if (failures > 0) await pause(Math.min(retryMs * 2 ** (failures - 1), retryMs * 30));
    }
  }

  async function pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }

  void run();
  return collection;
}

function key({ metadata }: KubeObject): string {
  return metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`;
}

function trouble(error: unknown): string {
  if (error instanceof ApiError) return `the API server answers ${error.status}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
