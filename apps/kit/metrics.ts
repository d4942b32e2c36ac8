import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';

collectDefaultMetrics();

/** All metrics of this process, in Prometheus's text format. */
export const registry = register;

export const identityExpiry = new Gauge({
  name: 'identity_expires_timestamp_seconds',
  help: 'Expiry of the certificate in use, in seconds since 1970.',
  labelNames: ['folder'],
});

export const identityHeld = new Gauge({
  name: 'identity_held',
  help: 'The certificate in use and the trusted CA certificates, by the start of their SHA-256; always 1.',
  labelNames: ['folder', 'serial', 'roots'],
});

export const identityRenewals = new Counter({
  name: 'identity_renewals_total',
  help: 'Renewed certificates loaded since the start.',
  labelNames: ['folder'],
});

export const handled = new Histogram({
  name: 'grpc_server_handling_seconds',
  help: 'Duration of a call.',
  labelNames: ['grpc_service', 'grpc_method', 'grpc_code'],
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

export const refusedHandshakes = new Counter({
  name: 'tls_server_refused_handshakes_total',
  help: 'Connections that ended before the client was authenticated.',
});

export const connectionsOverLimit = new Counter({
  name: 'tls_server_connections_over_limit_total',
  help: 'Connections closed at once, because their address or caller had too many.',
  labelNames: ['limit'],
});

export const databaseSeconds = new Histogram({
  name: 'database_query_seconds',
  help: 'Duration of a query, including the wait for a connection.',
  labelNames: ['query', 'outcome'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
});

/** Registers a gauge that is read at each scrape, such as the number of connections. */
export function gauge(name: string, help: string, read: () => number): void {
  registry.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    collect() {
      this.set(read());
    },
  });
}
