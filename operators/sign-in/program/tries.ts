/** So many tries at once, and one more after so many milliseconds. */
const most = 10;
const anotherAfterMs = 30_000;
const mostKeys = 10_000;

/** Tries to sign in, counted for each account: whoever guesses passwords is slowed down, from however many addresses. */
export class Tries {
  /** From an account to when all of its tries are there again, in milliseconds since 1970. */
  #full = new Map<string, number>();
  #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes one try. Returns 0, or the seconds after which there is one again. */
  take(key: string): number {
    const now = this.#now();
    const full = Math.max(this.#full.get(key) ?? now, now) + anotherAfterMs;
    const wait = full - now - most * anotherAfterMs;
    if (wait > 0) return Math.ceil(wait / 1_000);
    this.#full.delete(key);
    this.#full.set(key, full);
    for (const [oldest, until] of this.#full) {
      if (this.#full.size <= mostKeys && until > now) break;
      this.#full.delete(oldest);
    }
    return 0;
  }
}
