import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Time-outs in milliseconds of one attempt, and of all. An answer is as old as its attempt, so the former keeps what it says within
 * the two seconds after which a change must be effective. The latter bridges the restart of a pod or of a database.
 */
const patience = { once: 1_000, altogether: 15_000 };
/** Milliseconds between two attempts: at first, and at most. */
const pauses = { first: 50, most: 500 };

/**
 * Repeats a request, which may be repeated, until it is answered: while a pod is replaced, its successor answers. `ask` gets the
 * time-out of its attempt in milliseconds. Throws the error of the last attempt.
 */
export async function untilAnswered<Value>(ask: (patienceMs: number) => Promise<Value>): Promise<Value> {
  const end = Date.now() + patience.altogether;
  for (let pause = pauses.first; ; pause = Math.min(2 * pause, pauses.most)) {
    try {
      return await ask(Math.min(patience.once, end - Date.now()));
    } catch (error) {
      if (Date.now() + pause >= end) throw error;
      await sleep(pause);
    }
  }
}
