import type { Report } from '../report.ts';

/** Time-outs and retries of a pull. */
export interface Patience {
  /** Idle time-out of a connection. */
  idleMs: number;
  /** Maximum number of attempts without `enoughBytes` in between. */
  tries: number;
  /** An attempt that receives this many bytes resets the count. */
  enoughBytes: number;
  /** Pause after the first attempt; it doubles after each further one. */
  pauseMs: number;
  /** Maximum accepted Retry-After. */
  longestWaitMs: number;
}

export const patience: Patience = {
  idleMs: 60_000,
  tries: 3,
  enoughBytes: 2 ** 20,
  pauseMs: 1_000,
  longestWaitMs: 120_000,
};

const mebibyte = 2 ** 20;

/** Counts the bytes of one pull and formats amount and speed. */
export class Progress {
  /** Total size in bytes; 0 while it is unknown. */
  total = 0;
  #received = 0;
  #moved = 0;
  readonly #started = performance.now();

  /** Adds bytes received from the network; a negative number removes discarded ones. */
  add(bytes: number): void {
    this.#received += bytes;
    if (bytes > 0) this.#moved += bytes;
  }

  /** Adds bytes of an earlier attempt. */
  skip(bytes: number): void {
    this.#received += bytes;
  }

  /** `34.1 of 58.2 MiB, 5.2 MiB/s` */
  toString(): string {
    if (this.total === 0) return 'nothing received yet';
    const seconds = Math.max(0.001, (performance.now() - this.#started) / 1000);
    return `${megabytes(this.#received)} of ${megabytes(this.total)} MiB, ${megabytes(this.#moved / seconds)} MiB/s`;
  }

  /** Reports the progress every second until the returned function is called. */
  tell(report: Report): () => void {
    const timer = setInterval(() => report(this.toString()), 1000);
    return () => clearInterval(timer);
  }
}

/** Aborts a request after an idle time-out. */
export class IdleWatch {
  readonly #controller = new AbortController();
  readonly #ms: number;
  readonly #timer: NodeJS.Timeout;
  /** Number of received bytes. */
  bytes = 0;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get expired(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Restarts the time-out after received bytes. */
  touch(bytes = 0): void {
    this.bytes += bytes;
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new Error('no data received')), this.#ms);
  }
}

function megabytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(1);
}
