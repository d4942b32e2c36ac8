import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The data of a code, which transfers a session from the host of accounts to that of an app. */
export interface HandOver {
  /** Origin of the app that may redeem it. */
  origin: string;
  /** SHA-256 of the secret that the browser keeps at that origin, in base64url. */
  state: string;
  /** Path and query of the app after the sign-in. */
  path: string;
  /** Value of the cookie of the session. */
  session: string;
}

/** Validity of a code in milliseconds. */
const validMs = 30_000;
const mostCodes = 10_000;

/** Codes that are valid once, for one app and one browser. */
export class Codes {
  #codes = new Map<string, HandOver & { until: number }>();
  #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  issue(handOver: HandOver): string {
    for (const [oldest, { until }] of this.#codes) {
      if (this.#codes.size < mostCodes && until > this.#now()) break;
      this.#codes.delete(oldest);
    }
    const code = randomBytes(32).toString('base64url');
    this.#codes.set(code, { ...handOver, until: this.#now() + validMs });
    return code;
  }

  /** Redeems and invalidates a code; undefined if it is unknown, expired, or of another app or browser. */
  redeem(code: string, origin: string, state: string): HandOver | undefined {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    if (found === undefined || found.until <= this.#now() || found.origin !== origin) return undefined;
    return sameText(found.state, state) ? found : undefined;
  }
}

/** The hash of a browser's secret. */
export function stateOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
