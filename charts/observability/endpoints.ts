/** Ports of the observability workloads. Each has the name and the namespace of its operator. */
export const ports = {
  /** OTLP over HTTP, of the collector. */
  otlp: 4318,
  /** OTLP over gRPC, of Jaeger or Tempo. */
  traces: 4317,
  /** Jaeger's page and API. */
  traceQueries: 16686,
  /** VictoriaLogs: lines in, queries and its page. */
  logs: 9428,
  /** Loki: lines in by OTLP, queries and its own metrics. */
  loki: 3100,
  /** Tempo: queries and its own metrics. Traces come in at `traces`. */
  tempo: 3200,
  /** Grafana's page and its own metrics. */
  grafana: 3000,
  /** Prometheus' page and API. */
  metrics: 9090,
  alertmanager: 9093,
  nodeExporter: 9100,
  /** What the collector makes of spans, and the state of the cluster's objects, for Prometheus. */
  derivedMetrics: 8889,
  /** A collector's or Jaeger's own metrics. */
  ownMetrics: 8888,
  /** Whether a collector or Jaeger works. */
  health: 13133,
} as const;

/** The name of an operator's Service in full: the first name in its server certificate. */
export function serviceName(operator: string): string {
  return `${operator}.${operator}.svc.cluster.local`;
}
