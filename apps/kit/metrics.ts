import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client';

collectDefaultMetrics();

/** Everything that this process counts, in Prometheus's text format. */
export const registry = register;

export const identityExpiry = new Gauge({
  name: 'identity_expires_timestamp_seconds',
  help: 'When the certificate that the process holds ends, in seconds since 1970.',
  labelNames: ['folder'],
});

export const identityHeld = new Gauge({
  name: 'identity_held',
  help: 'The certificate that the process holds and the roots that it trusts, by the start of their SHA-256; always 1.',
  labelNames: ['folder', 'serial', 'roots'],
});

export const identityRenewals = new Counter({
  name: 'identity_renewals_total',
  help: 'Renewed certificates that the process took up while it ran.',
  labelNames: ['folder'],
});

export const handled = new Histogram({
  name: 'grpc_server_handling_seconds',
  help: 'Time from the start of a call to its end.',
  labelNames: ['grpc_service', 'grpc_method', 'grpc_code'],
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

export const refusedHandshakes = new Counter({
  name: 'tls_server_refused_handshakes_total',
  help: 'Connections that ended before the other side proved who it is.',
});

export const connectionsOverLimit = new Counter({
  name: 'tls_server_connections_over_limit_total',
  help: 'Connections that were closed at once, since their address or their caller had as many as it may.',
  labelNames: ['limit'],
});

export const databaseSeconds = new Histogram({
  name: 'database_query_seconds',
  help: 'Time of a query, with the wait for a connection.',
  labelNames: ['query', 'outcome'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
});

/** Counts what is read at the moment of the scrape, such as the pool's connections. */
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
