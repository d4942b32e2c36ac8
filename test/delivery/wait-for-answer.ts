import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something answers at an address, with whatever status. */
export async function waitForAnswer(url: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(2000) })).body?.cancel();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(100);
    }
  }
}
