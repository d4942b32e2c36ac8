import { setTimeout as sleep } from 'node:timers/promises';
import { type KubernetesPlace, list, watch } from './kubernetes.ts';
import type { Log } from './log.ts';

/** What to follow, and what to do with it. */
export interface Following<T> {
  kubernetes: KubernetesPlace;
  /** Path of the list; it may have a query. */
  path: string;
  /** What is listed, for the log: `the Kustomizations`. */
  what: string;
  log: Log;
  /** Pauses after a first failure and after many, in milliseconds. */
  pauses: { first: number; longest: number };
  /** All objects, at the start and after each interruption. */
  listed: (items: readonly T[]) => void;
  /** One object has come, changed or gone. */
  happened: (object: T, gone: boolean) => void;
}

/** Lists objects, then watches them, until the signal. After a failure it begins again. */
export async function follow<T>(following: Following<T>, signal: AbortSignal): Promise<void> {
  const { kubernetes, path, what, log, pauses, listed, happened } = following;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const { metadata, items } = await list<T>(kubernetes, path);
      listed(items);
      const { resourceVersion } = metadata;
      for await (const { type, object } of watch<T>(kubernetes, path, { resourceVersion, signal })) {
        failures = 0;
        if (type !== 'BOOKMARK') happened(object, type === 'DELETED');
      }
      await pause(pauses.first, signal);
    } catch (error) {
      if (signal.aborted) return;
      log('warn', `${what} cannot be watched; trying again`, { error });
      await pause(Math.min(pauses.first * 2 ** failures++, pauses.longest), signal);
    }
  }
}

/** Ends early at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await Promise.allSettled([sleep(ms, undefined, { signal })]);
}
