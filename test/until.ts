import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `done` until it returns true; a call that throws counts as false.
 * `what` names the condition, or says what is still missing, in the error.
 * @throws Error after `seconds`, with the last error of `done` as its cause.
 */
export async function until(
  done: () => Promise<boolean>,
  what: string | (() => string),
  { seconds = 240, pauseMs = 500 }: { seconds?: number; pauseMs?: number } = {},
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let cause: unknown;
  const isDone = async (): Promise<boolean> => {
    try {
      return await done();
    } catch (error) {
      cause = error;
      return false;
    }
  };
  while (!(await isDone())) {
    if (Date.now() > end) {
      const condition = typeof what === 'string' ? what : what();
      const detail = cause instanceof Error ? `; the last attempt failed: ${cause.message}` : '';
      throw new Error(`waited ${seconds} s for ${condition}${detail}`, { cause });
    }
    await sleep(pauseMs);
  }
}
