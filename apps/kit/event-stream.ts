import type { ServerResponse } from 'node:http';

/** Proxies close silent connections: a comment is sent after so many milliseconds. */
const heartbeatMs = 20_000;
/** Milliseconds after which a browser connects again. */
const retryMs = 1_000;
/** Bytes that may wait for a slow reader; then its connection is closed, and it connects again. */
const mostWaiting = 1_000_000;

/**
 * Sends values as server-sent events (HTML Standard, 'Server-sent events'), each as JSON, until there are no more or the response
 * is closed. Throws errors of `values`, and where they are none: a fault of the route.
 */
export async function sendEvents(
  response: ServerResponse,
  values: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  if (!isAsyncIterable(values)) throw new Error('a route with streams: true gives an AsyncIterable');
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  // Also the headers are not sent before the first byte.
  response.write(`retry: ${retryMs}\n\n`);
  const heartbeat = setInterval(() => response.write(':\n\n'), heartbeatMs);
  try {
    for await (const value of values) {
      if (response.writableLength > mostWaiting) return void response.destroy();
      response.write(`data: ${JSON.stringify(value)}\n\n`);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
