import { readFileSync } from 'node:fs';

/** Where the API server is, and the token of the pod's account. */
export interface KubernetesPlace {
  /** Address without a trailing slash. */
  api: string;
  /** Read at each request: the kubelet replaces the token before it ends. */
  token: () => string;
}

/** The API server as a pod reaches it. */
export const inPod: KubernetesPlace = {
  api: 'https://kubernetes.default.svc',
  token: () => readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8'),
};

/** An event of a watch (Kubernetes API Concepts, 'Efficient detection of changes'). */
export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

export interface ObjectList<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

/** Patience for an answer, in milliseconds. */
const patience = 5_000;

/**
 * Changes an object, or a subresource of it.
 * @param kind `merge`: RFC 7386. `strategic-merge`: lists are merged by the keys of their items. `apply`: creates the object if it is not
 * there (Kubernetes, 'Server-Side Apply').
 * @throws Error if the API server refuses or is away.
 */
export async function patch(
  place: KubernetesPlace,
  path: string,
  { kind, manager, body }: { kind: 'merge' | 'strategic-merge' | 'apply'; manager: string; body: object },
): Promise<void> {
  const type = kind === 'apply' ? 'application/apply-patch+yaml' : `application/${kind}-patch+json`;
  const response = await ask(place, `${path}?fieldManager=${manager}`, {
    method: 'PATCH',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patience),
  });
  await response.body?.cancel();
}

/** Deletes an object; one that is not there is no failure. @throws Error if the API server refuses or is away. */
export async function remove(place: KubernetesPlace, path: string): Promise<void> {
  const response = await ask(place, path, { method: 'DELETE', signal: AbortSignal.timeout(patience) }, [404]);
  await response.body?.cancel();
}

/** Lists objects. @throws Error if the API server refuses or is away. */
export async function list<T>(place: KubernetesPlace, path: string): Promise<ObjectList<T>> {
  const response = await ask(place, path, { signal: AbortSignal.timeout(patience) });
  const body: ObjectList<T> = JSON.parse(await response.text());
  return body;
}

/**
 * Watches objects from a version of their list on, until the API server ends the watch, at the latest after five minutes. The path may have a
 * query.
 * @throws Error if the API server refuses, is away, or no longer has that version.
 */
export async function* watch<T>(
  place: KubernetesPlace,
  path: string,
  { resourceVersion, signal }: { resourceVersion: string; signal: AbortSignal },
): AsyncGenerator<WatchEvent<T>> {
  const query = new URLSearchParams({ watch: '1', resourceVersion, timeoutSeconds: '300' });
  // A lost node closes no connection.
  const limit = AbortSignal.any([signal, AbortSignal.timeout(330_000)]);
  const { body } = await ask(place, `${path}${path.includes('?') ? '&' : '?'}${query}`, { signal: limit });
  if (body === null) throw new Error(`the API server gives nothing for a watch of ${path}`);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each !== '')) {
      const event: WatchEvent<T> = JSON.parse(line);
      if (event.type === 'ERROR') throw new Error(`the API server ends the watch: ${line.slice(0, 300)}`);
      yield event;
    }
  }
}

/** @param fine Statuses that are no failure, besides those of success. */
async function ask(
  { api, token }: KubernetesPlace,
  path: string,
  init: RequestInit,
  fine: readonly number[] = [],
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token()}`);
  const response = await fetch(`${api}${path}`, { ...init, headers, redirect: 'error' });
  if (response.ok || fine.includes(response.status)) return response;
  const text = (await response.text()).slice(0, 300);
  throw new Error(`the API server answered ${response.status} for ${init.method ?? 'GET'} ${path}: ${text}`);
}
