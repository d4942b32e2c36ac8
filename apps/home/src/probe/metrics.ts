import { createServer, type Server } from 'node:http';
import type { Probe } from './probe.ts';

/**
 * Serves the results of the probe to Prometheus (Prometheus, 'Exposition formats', 'Text-based format'), at a port that the gateway does
 * not lead to.
 */
export function metricsServer(probe: Probe): Server {
  return createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url === '/metrics';
    response
      .writeHead(isAsked ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
      .end(isAsked ? exposition(probe) : 'no such page; the metrics are at /metrics\n');
  });
}

/** `signal_probe_success` for each signal: 1 if a synthetic request of the last minutes is found in its store. */
export function exposition(probe: Probe): string {
  const name = 'signal_probe_success';
  return [
    `# HELP ${name} Whether the store of a signal has a synthetic request of the last five minutes.`,
    `# TYPE ${name} gauge`,
    ...probe.results().map(({ signal, reached }) => `${name}{signal="${signal}"} ${reached ? 1 : 0}`),
    '',
  ].join('\n');
}
