import { setTimeout as sleep } from 'node:timers/promises';

/** Time-outs in milliseconds of one attempt and of all: less than the two seconds after which a change must be effective. */
const patience = { once: 1_000, altogether: 1_800 };
const againMs = 50;

/**
 * Repeats a request, which may be repeated, until it is answered: another replica answers while one is replaced. `ask` gets the
 * time-out of its attempt in milliseconds. Throws the error of the last attempt.
 */
export async function untilAnswered<Value>(ask: (patienceMs: number) => Promise<Value>): Promise<Value> {
  const end = Date.now() + patience.altogether;
  for (;;) {
    try {
      return await ask(Math.min(patience.once, end - Date.now()));
    } catch (error) {
      if (Date.now() + againMs >= end) throw error;
      await sleep(againMs);
    }
  }
}
