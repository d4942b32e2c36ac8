import { setTimeout as sleep } from 'node:timers/promises';
import { log } from './log.ts';

/** So long the database may be away before a process is no longer ready: as long as a call may wait for it. */
const graceMs = 60_000;
const leastWaitMs = 50;
const mostWaitMs = 1_000;

/** What a process knows of its database being there, and the patience of those who ask it. */
export class Reachability {
  #answered = Number.NEGATIVE_INFINITY;
  #waiting = 0;

  /**
   * Asks once. With `until` it waits for a database that is away, as while a new primary is made, and asks again until
   * that aborts: for what changes nothing when it is done twice.
   */
  async ask<T>(work: () => Promise<T>, until?: AbortSignal): Promise<T> {
    const result = await (until ? this.#again(work, until) : work());
    this.#answered = performance.now();
    return result;
  }

  /** For readiness: throws where the database has not answered for longer than calls wait for it, and at first. */
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

/** Tries again while the database can't be reached, until `until` aborts. Calls `waits` once, with the first error. */
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

/** Whether an error says that the database could not be reached, rather than that it refused: a caller may try again. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    // 25006: what was the primary follows another one now. CERT_NOT_YET: our clock is behind.
    /^(08|57P0|53300|25006|CERT_NOT_YET|ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOST)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout/.test(
      error.message,
    )
  );
}
