/** Maximum number of attempts at once, and the milliseconds after which one is regained. */
const most = 10;
const anotherAfterMs = 30_000;
const mostKeys = 10_000;

/** Rate limit of sign-in attempts per account, independent of the caller's address. */
export class Tries {
  /** Time at which an account has all attempts again, in milliseconds since 1970, by account. */
  #full = new Map<string, number>();
  #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Uses one attempt. Returns 0, or the seconds until the next one is possible. */
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
