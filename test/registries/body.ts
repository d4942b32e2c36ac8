import { setTimeout as sleep } from 'node:timers/promises';

/** The body of an answer. */
export interface Body {
  size: number;
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** The bytes from an offset on, in pieces of at most 16 KiB. The caller may change each piece. */
export async function* pieces(chunks: Body['chunks'], from: number): AsyncGenerator<Buffer> {
  let skip = from;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - rest.length;
    for (let at = 0; at < rest.length; at += 16_384) yield Buffer.from(rest.subarray(at, at + 16_384));
  }
}

/** Limits the bytes per second of all senders together. */
export class Pace {
  readonly #bytesPerSecond: number;
  #free = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  async wait(bytes: number): Promise<void> {
    if (!Number.isFinite(this.#bytesPerSecond)) return;
    const now = performance.now();
    const start = Math.max(now, this.#free);
    this.#free = start + (bytes / this.#bytesPerSecond) * 1000;
    if (start > now) await sleep(start - now);
  }
}
