import { createServer, type Server } from 'node:http';

/** Serves probes and metrics for the kubelet and Prometheus. A program that is stopping shall not be ready. */
export function probeServer(isReady: () => boolean, metricsText: () => string): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const end = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    if (request.url === '/healthz') return end(200, 'ok\n');
    if (request.url === '/readyz') return isReady() ? end(200, 'ok\n') : end(503, 'not ready\n');
    if (request.url === '/metrics') return end(200, metricsText());
    return end(404, 'not found\n');
  });
}
