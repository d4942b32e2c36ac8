import { setTimeout as sleep } from 'node:timers/promises';

/** Answers of a busy server, or of a gateway before one that starts again (RFC 9110, 15.5 and 15.6; RFC 6585). */
export const busyStatuses: readonly number[] = [429, 502, 503, 504];

type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/**
 * A `fetch` that asks a busy server again, after the time of its `Retry-After` or a growing pause. A request with a stream as its body
 * is not repeated.
 * @param options `mostMs`: the time for all pauses of all requests together; after it the answer is returned as it is.
 */
export function patientFetch(
  ask: Fetch,
  options: {
    report: (message: string) => void;
    signal?: AbortSignal | undefined;
    mostMs?: number;
    pause?: (ms: number) => Promise<unknown>;
  },
): Fetch {
  const { report, signal, mostMs = 60_000 } = options;
  const pause = options.pause ?? ((ms) => sleep(ms, undefined, { signal }));
  let left = mostMs;
  return async (url, init) => {
    for (let tries = 0; ; tries++) {
      const answer = await ask(url, init);
      if (!busyStatuses.includes(answer.status) || init.body instanceof ReadableStream) return answer;
      const wanted = retryAfterMs(answer.headers.get('retry-after')) ?? 500 * 2 ** tries;
      if (wanted > left) return answer;
      left -= wanted;
      await answer.body?.cancel();
      report(`${url.host} answers ${answer.status}: asking again in ${Math.ceil(wanted / 1000)} s`);
      await pause(wanted);
    }
  };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
