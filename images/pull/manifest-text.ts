import { PullError } from './upstream.ts';

/** Maximum size of a manifest in bytes, as in the distribution specification. */
const largestManifest = 4 * 2 ** 20;

/** The text of a manifest. Throws PullError if it is too large. */
export async function readManifest(chunks: AsyncIterable<Uint8Array>, ref: string): Promise<string> {
  const read: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > largestManifest)
      throw new PullError(
        `the manifest of ${ref} is larger than ${largestManifest / 2 ** 20} MiB, which is refused.`,
      );
    read.push(chunk);
  }
  return Buffer.concat(read).toString();
}

/** A JSON object; undefined for any other text, such as a web page. */
export function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
