/** How many attempts are possible. */
export interface TryLimits {
  /** At once. */
  most: number;
  /** Milliseconds after which one is regained. */
  anotherAfterMs: number;
}

/** Attempts at one account, from wherever. */
export const perAccount: TryLimits = { most: 10, anotherAfterMs: 30_000 };
/** Attempts from one address, at whatever account: many people can stand behind one. */
export const perAddress: TryLimits = { most: 60, anotherAfterMs: 5_000 };

/** Keys that are kept; the one that was used longest ago goes first. */
const mostKeys = 10_000;

/** Rate limit of sign-in attempts by a key. */
export class Tries {
  #limits: TryLimits;
  /** Time at which a key has all attempts again, in milliseconds since 1970, by key. */
  #full = new Map<string, number>();
  #now: () => number;

  constructor(limits: TryLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Number of keys that are kept. */
  get size(): number {
    return this.#full.size;
  }

  /** Uses one attempt. Returns 0, or the seconds until the next one is possible. */
  take(key: string): number {
    const { most, anotherAfterMs } = this.#limits;
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
