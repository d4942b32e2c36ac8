import type { Report } from '../report.ts';

/** How long to wait, and how often to try. */
export interface Patience {
  /** A pull ends when no byte comes for so long. */
  idleMs: number;
  /** A server that answers badly or breaks off is asked so often, without `enoughBytes` between. */
  tries: number;
  /** So many bytes of one try show that the connection is worth another one. */
  enoughBytes: number;
  /** After the first try; twice as long after the second. */
  pauseMs: number;
  /** The longest wait that a registry may ask for and get. */
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

/** Counts the bytes of one pull, and says how many have come and how fast. */
export class Progress {
  /** What is to come altogether, as far as it is known. */
  total = 0;
  #received = 0;
  #moved = 0;
  readonly #started = performance.now();

  /** Bytes that came over the network; or, with a negative number, were of no use. */
  add(bytes: number): void {
    this.#received += bytes;
    if (bytes > 0) this.#moved += bytes;
  }

  /** Bytes that had come in an earlier try. */
  skip(bytes: number): void {
    this.#received += bytes;
  }

  /** `34.1 of 58.2 MiB, 5.2 MiB/s` */
  toString(): string {
    if (this.total === 0) return 'nothing has come yet';
    const seconds = Math.max(0.001, (performance.now() - this.#started) / 1000);
    return `${megabytes(this.#received)} of ${megabytes(this.total)} MiB, ${megabytes(this.#moved / seconds)} MiB/s`;
  }

  /** Tells it every second until the returned function is called. */
  tell(report: Report): () => void {
    const timer = setInterval(() => report(this.toString()), 1000);
    return () => clearInterval(timer);
  }
}

/** Ends a request when nothing has come for so long. */
export class IdleWatch {
  readonly #controller = new AbortController();
  readonly #ms: number;
  readonly #timer: NodeJS.Timeout;
  /** How many have come. */
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

  /** Something came. */
  touch(bytes = 0): void {
    this.bytes += bytes;
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(new Error('nothing came')), this.#ms);
  }
}

function megabytes(bytes: number): string {
  return (bytes / mebibyte).toFixed(1);
}
