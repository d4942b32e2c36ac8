import type { LogLine } from './log-line.ts';

/** The newest lines that were printed, so that none is printed twice. */
export class RecentLines {
  readonly #keys = new Set<string>();
  readonly #most: number;

  constructor(most = 20_000) {
    this.#most = most;
  }

  /** Returns whether the line is new. The node writes the time of a line in nanoseconds. */
  add({ time, namespace, pod, container, message }: LogLine): boolean {
    const key = JSON.stringify([time, namespace, pod, container, message]);
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > this.#most && oldest !== undefined) this.#keys.delete(oldest);
    return true;
  }
}
