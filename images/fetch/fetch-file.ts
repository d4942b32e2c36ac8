import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchOutside } from './fetch-outside.ts';

/** Maximum time until the first byte, and between two parts of the content. */
const answerSeconds = 10;
const silenceSeconds = 60;

/** Pauses before further attempts, in seconds. */
const pauses = [1, 4];

/** A download that failed; `status` is the HTTP status if the server answered. */
export class FetchFailure extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** Returns the content of an address (https, http or file). Up to three attempts on faults of the server or the connection. */
export async function fetchFile(
  url: string,
  options: { signal?: AbortSignal | undefined; pauses?: readonly number[]; silence?: number } = {},
): Promise<Buffer> {
  if (url.startsWith('file:')) return readFileAt(url);
  const { signal, pauses: left = pauses, silence = silenceSeconds } = options;
  for (const pause of left) {
    try {
      return await fetchOnce(url, silence, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof FetchFailure) || !isPassing(error.status)) throw error;
      await sleep(pause * 1000, undefined, { signal });
    }
  }
  return fetchOnce(url, silence, signal);
}

function isPassing(status: number | undefined): boolean {
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

async function fetchOnce(url: string, silence: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const watch = new AbortController();
  const signals = signal === undefined ? [watch.signal] : [watch.signal, signal];
  let timer: NodeJS.Timeout | undefined;
  const within = (seconds: number, what: string): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => watch.abort(new FetchFailure(`${url} ${what} for ${seconds} s`)),
      seconds * 1000,
    );
  };
  try {
    within(Math.min(answerSeconds, silence), 'does not answer');
    const response = await fetchOutside(url, { signal: AbortSignal.any(signals) });
    if (!response.ok) throw new FetchFailure(`${url} answers ${response.status}`, response.status);
    const chunks: Uint8Array[] = [];
    within(silence, 'sends nothing');
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      within(silence, 'sends nothing');
    }
    return Buffer.concat(chunks);
  } catch (error) {
    signal?.throwIfAborted();
    if (watch.signal.aborted) throw watch.signal.reason;
    throw error instanceof FetchFailure
      ? error
      : new FetchFailure(`${url} cannot be read: ${causeOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

async function readFileAt(url: string): Promise<Buffer> {
  try {
    return await readFile(new URL(url));
  } catch (error) {
    const status = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 404 : undefined;
    throw new FetchFailure(`${url} cannot be read: ${causeOf(error)}`, status);
  }
}

/** The cause of fetch's error `fetch failed`. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
