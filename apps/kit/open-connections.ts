import type { Socket } from 'node:net';

/** Open connections by owner, each with a limited share. */
export class OpenConnections {
  #most: number;
  #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Admits one more connection of `whose`, or returns undefined. It counts until its socket closes or the
   * returned function is called.
   */
  admit(whose: string, socket: Socket): (() => void) | undefined {
    const open = this.#open.get(whose) ?? 0;
    if (open >= this.#most) return undefined;
    this.#open.set(whose, open + 1);
    let counts = true;
    const end = () => {
      if (!counts) return;
      counts = false;
      const left = (this.#open.get(whose) ?? 1) - 1;
      if (left === 0) this.#open.delete(whose);
      else this.#open.set(whose, left);
    };
    socket.once('close', end);
    return end;
  }
}
