import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Digest of these bytes: `sha256:` and 64 hexadecimal digits. */
export function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Passes bytes on; `digest()` and `size` describe the bytes that passed. */
export class Meter extends Transform {
  size = 0;
  readonly #hash = createHash('sha256');

  override _transform(
    chunk: Buffer,
    _: BufferEncoding,
    done: (error: Error | null, data: Buffer) => void,
  ): void {
    this.size += chunk.length;
    this.#hash.update(chunk);
    done(null, chunk);
  }

  /** Call it once, after all bytes have passed. */
  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
