import { createServer, type Server } from 'node:http';

/**
 * Serves metrics to Prometheus (Prometheus, 'Exposition formats', 'Text-based format'), at a port that the gateway does not lead to.
 * `exposition` is called for each scrape.
 */
export function metricsServer(exposition: () => string): Server {
  return createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url === '/metrics';
    response
      .writeHead(isAsked ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      .end(isAsked ? exposition() : 'no such page; the metrics are at /metrics\n');
  });
}
