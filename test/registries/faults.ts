/** A fault of a registry. */
export type RegistryFault =
  /** Another status: 404, 403, 429, 503. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; code?: string }
  /** The page of a network that wants people to sign in: HTML, with 200. */
  | { kind: 'page' }
  /** Closes the connection after `after` bytes of the body and, where given, once `when` is fulfilled for the blob. */
  | { kind: 'cut'; after: number; when?: (digest: string) => Promise<void> }
  /** Stays open without further bytes after `after` bytes of the body; with 0 there is no answer. */
  | { kind: 'stall'; after: number }
  /** One byte of the body is another one. */
  | { kind: 'corrupt' }
  /** Another manifest than the one that was asked for. */
  | { kind: 'other' }
  | { kind: 'slow'; bytesPerSecond: number };

/** Part of a registry that a request reads. */
export type RequestPart = 'version' | 'token' | 'manifest' | 'blob';

/** Where and how often. */
export interface FaultRule {
  fault: RegistryFault;
  /** Default: at every registry. */
  host?: string;
  /** Default: everywhere. */
  at?: RequestPart;
  /** So many requests before it are answered well. Default: none. */
  after?: number;
  /** Default: for ever. */
  times?: number;
}

/** The faults that are on. */
export class Faults {
  #rules: FaultRule[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ times: Number.POSITIVE_INFINITY, ...rule });
  }

  clear(): void {
    this.#rules = [];
  }

  /**
   * Returns the fault that this request meets and counts it. A body that ends before the fault does not meet it, so that
   * the order in which blobs are asked for does not matter.
   * @param size Of the body, in bytes. Default: unknown, which every fault meets.
   */
  meet(host: string, at: RequestPart, size = Number.POSITIVE_INFINITY): RegistryFault | undefined {
    const rule = this.#rules.find(
      (one) =>
        (one.times ?? 0) > 0 &&
        (one.host === undefined || one.host === host) &&
        (one.at === undefined || one.at === at) &&
        (one.fault.kind !== 'cut' || one.fault.after < size),
    );
    if (rule === undefined) return undefined;
    if (rule.after) {
      rule.after--;
      return undefined;
    }
    rule.times = (rule.times ?? 0) - 1;
    return rule.fault;
  }
}
