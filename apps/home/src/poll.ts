import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Queries a store until the signal, and writes each answer into `shown`. If a query fails, the last answer stays there with the reason in
 * `trouble`: stores start after the front page, and can be replaced. Calls `onChange` after each query. A slow one is repeated less often,
 * so that the store answers it for a tenth of the time at most.
 */
export function poll<T extends { trouble: string }>(
  shown: T,
  query: () => Promise<Omit<T, 'trouble'>>,
  { onChange, signal, everyMs }: { onChange: () => void; signal: AbortSignal; everyMs: number },
): T {
  async function ask(): Promise<void> {
    try {
      Object.assign(shown, await query(), { trouble: '' });
    } catch (error) {
      Object.assign(shown, { trouble: error instanceof Error ? error.message : String(error) });
    }
    if (!signal.aborted) onChange();
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const asked = performance.now();
      await ask();
      const pauseMs = Math.max(everyMs, 9 * (performance.now() - asked));
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  void run();
  return shown;
}
