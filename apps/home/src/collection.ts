import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type ApiServer, getJson, getJsonLines } from './api.ts';
import type { KubeObject } from './objects.ts';

/** All objects of a kind, kept current by a watch. */
export interface Collection<T extends KubeObject> {
  items: ReadonlyMap<string, T>;
  /** Whether the API server has answered once, also with an error such as an unknown kind. */
  answered: boolean;
  /** Whether the API server does not know the kind (yet): its CustomResourceDefinition is missing. */
  absent: boolean;
  /** Reason why objects may be missing or outdated; empty while the watch runs. */
  trouble: string;
}

interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T & { code?: number; message?: string };
}

/** A watch gets a bookmark about every minute. After this long without data the connection counts as dead. */
const idleMs = 100_000;

/** A watch that breaks after this long is restarted without a message. */
const quietMs = 30_000;

/**
 * Lists a kind, then watches it until the signal. A watch that ends is continued; if the server no longer has
 * its version (410), it starts with a new list.
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

  /** Returns the last known resource version. */
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
        // If the server ends every watch at once, retries must slow down.
        failures = Date.now() - started < retryMs ? failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) return;
        // Events after `version` are lost or unknown, so a new list is needed.
        version = '';
        const gone = error instanceof ApiError && error.status === 410;
        // Events arrive without bookmarks too: silence of a watch that ran for a while is normal.
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
