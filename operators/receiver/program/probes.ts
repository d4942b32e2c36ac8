import { createServer, type Server } from 'node:http';

/** Serves probes and metrics for the kubelet and Prometheus. A program that is stopping is not ready. */
export function probeServer(stopping: AbortSignal, metricsText: () => string): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const end = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    if (request.url === '/healthz') return end(200, 'ok\n');
    if (request.url === '/readyz') return stopping.aborted ? end(503, 'stopping\n') : end(200, 'ok\n');
    if (request.url === '/metrics') return end(200, metricsText());
    return end(404, 'not found\n');
  });
}
