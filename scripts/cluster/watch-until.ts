import { type KubeConfig, Watch } from '@kubernetes/client-node';
import { Failure } from '../cli/failure.ts';
import { readKubeconfig } from './client.ts';

/** The fields of a Kubernetes object that waits use. */
export interface WatchedObject {
  kind?: string;
  metadata: { name: string; namespace?: string; generation?: number; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  status?: {
    observedGeneration?: number;
    conditions?: {
      type: string;
      status: string;
      reason?: string;
      message?: string;
      observedGeneration?: number;
    }[];
    [field: string]: unknown;
  };
}

/** A condition to wait for. */
export interface Wait {
  kubeconfig: string;
  /** The API path of a list: `/apis/apps/v1/namespaces/registry/deployments`. */
  path: string;
  /** Name of the wait in messages: `the registry's Deployment`. */
  what: string;
  timeoutSeconds: number;
  /** The missing condition in a few words; undefined ends the wait. */
  missing: (objects: WatchedObject[]) => string | undefined;
  /** Called whenever the missing condition changes. */
  report?: (missing: string) => void;
  /** Called at the time-out for details, such as recent events. */
  explain?: () => Promise<string>;
  signal?: AbortSignal;
}

/**
 * Waits with a watch, without polling, until nothing is missing. A watch that the server ends is opened
 * again; an unreachable API server counts as missing.
 * @throws Failure at the time-out, with the missing condition and its reason.
 */
export async function watchUntil(wait: Wait): Promise<void> {
  const config = readKubeconfig(wait.kubeconfig);
  const deadline = Date.now() + wait.timeoutSeconds * 1000;
  let missing = 'the first answer of the API server';
  while (Date.now() < deadline) {
    wait.signal?.throwIfAborted();
    const result = await watchOnce(config, wait, deadline, (now) => {
      if (now === missing) return;
      missing = now;
      wait.report?.(now);
    });
    if (result) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const more = (await wait.explain?.().catch((error: unknown) => `(no details: ${error})`)) ?? '';
  throw new Failure(
    `waited ${wait.timeoutSeconds} s for ${wait.what}; still missing: ${missing}${more === '' ? '' : `\n${more}`}`,
    'For the state: npm run status. After a correction, the same command continues from here.',
  );
}

/** One watch, starting with the current state: true if the wait is over, false if the watch ended first. */
async function watchOnce(
  config: KubeConfig,
  wait: Wait,
  deadline: number,
  note: (missing: string) => void,
): Promise<boolean> {
  const objects = new Map<string, WatchedObject>();
  let listed = false;
  return new Promise((resolve, reject) => {
    let request: AbortController | undefined;
    let finished = false;
    const finish = (end: () => void): void => {
      finished = true;
      clearTimeout(timer);
      wait.signal?.removeEventListener('abort', onAbort);
      request?.abort();
      end();
    };
    const onAbort = (): void => finish(() => reject(wait.signal?.reason));
    const timer = setTimeout(() => finish(() => resolve(false)), Math.max(1, deadline - Date.now()));
    wait.signal?.addEventListener('abort', onAbort, { once: true });
    const look = (): void => {
      if (!listed) return;
      const missing = wait.missing([...objects.values()]);
      if (missing === undefined) finish(() => resolve(true));
      else note(missing);
    };
    const onEvent = (phase: string, object: WatchedObject): void => {
      if (phase === 'BOOKMARK') {
        // End of the initial events (KEP-3157): the list is complete from here on.
        listed = true;
      } else {
        const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
        if (phase === 'DELETED') objects.delete(key);
        else objects.set(key, object);
      }
      look();
    };
    const query = {
      sendInitialEvents: true,
      allowWatchBookmarks: true,
      resourceVersionMatch: 'NotOlderThan',
    };
    new Watch(config)
      .watch(wait.path, query, onEvent, () => finish(() => resolve(false)))
      .then(
        (controller) => {
          request = controller;
          // It was cancelled before: an open connection would keep the process for half a minute.
          if (finished) controller.abort();
        },
        () => finish(() => resolve(false)),
      );
  });
}

/** Whether the object's condition of that type is true for its current generation. */
export function isTrue(object: WatchedObject, type: string): boolean {
  const { status, metadata } = object;
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition?.status === 'True' && (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}
