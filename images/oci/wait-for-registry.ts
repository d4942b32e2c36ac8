import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a registry answers at an address within two seconds. */
export async function registryAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(2000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits until a registry answers. Returns false after that many seconds. */
export async function waitForRegistry(url: string, seconds: number, signal?: AbortSignal): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await registryAnswers(url)) return true;
    await sleep(100, undefined, { signal });
  }
  return false;
}
