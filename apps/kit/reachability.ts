import { setTimeout as sleep } from 'node:timers/promises';
import { log } from './log.ts';

/**
 * Time after which a process with an unavailable database is not ready: the longest wait of a call for it.
 */
const graceMs = 60_000;
const leastWaitMs = 50;
const mostWaitMs = 1_000;

/** Whether the database is reachable, with retries for callers. */
export class Reachability {
  #answered = Number.NEGATIVE_INFINITY;
  #waiting = 0;

  /**
   * Runs the work once. With `until` it waits for an unavailable database, for example during a failover, and
   * repeats until that aborts: only for idempotent work.
   */
  async ask<T>(work: () => Promise<T>, until?: AbortSignal): Promise<T> {
    const result = await (until ? this.#again(work, until) : work());
    this.#answered = performance.now();
    return result;
  }

  /**
   * For readiness: throws if the database has not answered for longer than calls wait for it, and at first.
   */
  async ready(work: () => Promise<unknown>): Promise<void> {
    const answer = this.ask(work);
    if (performance.now() - this.#answered > graceMs) await answer;
    else answer.catch((error: Error) => log.warn('the database does not answer', { error: error.message }));
  }

  async #again<T>(work: () => Promise<T>, until: AbortSignal): Promise<T> {
    let waits = false;
    try {
      return await untilReachable(work, until, (error) => {
        waits = true;
        if (this.#waiting++ === 0) log.warn('calls wait for the database', { error: error.message });
      });
    } finally {
      if (waits) this.#waiting--;
    }
  }
}

/**
 * Retries while the database is unreachable, until `until` aborts. Calls `waits` once, with the first error.
 */
export async function untilReachable<T>(
  work: () => Promise<T>,
  until: AbortSignal,
  waits: (error: Error) => void,
): Promise<T> {
  for (let wait = 0; ; wait = Math.min(wait * 2, mostWaitMs)) {
    try {
      return await work();
    } catch (error) {
      if (until.aborted || !(error instanceof Error) || !isUnreachable(error)) throw error;
      if (wait === 0) {
        waits(error);
        wait = leastWaitMs;
      }
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: until }).catch(() => {
        throw error;
      });
    }
  }
}

/** Whether an error means that the database was unreachable, not that it refused: a caller may retry. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    // 25006: the former primary is now a standby. CERT_NOT_YET: this clock is slow.
    /^(08|57P0|53300|25006|CERT_NOT_YET|ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOST)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout/.test(
      error.message,
    )
  );
}
