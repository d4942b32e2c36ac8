/** Ports of the observability workloads. Name and namespace of a workload are those of its operator. */
export const ports = {
  /** OTLP over HTTP, of the collector. */
  otlp: 4318,
  /** OTLP over gRPC, of Jaeger or Tempo. */
  traces: 4317,
  /** Jaeger's page and API. */
  traceQueries: 16686,
  /** VictoriaLogs: ingestion, queries and its page. */
  logs: 9428,
  /** Loki: ingestion by OTLP, queries and its own metrics. */
  loki: 3100,
  /** Tempo: queries and its own metrics. It receives traces at `traces`. */
  tempo: 3200,
  /** Grafana's page and its own metrics. */
  grafana: 3000,
  /** Prometheus' page and API. */
  metrics: 9090,
  alertmanager: 9093,
  nodeExporter: 9100,
  /** Metrics that the collector derives from spans and from cluster objects, for Prometheus. */
  derivedMetrics: 8889,
  /** Metrics that apps send to the collector by OTLP, for Prometheus. */
  appMetrics: 8890,
  /** A collector's or Jaeger's own metrics. */
  ownMetrics: 8888,
  /** Health check of a collector or Jaeger. */
  health: 13133,
} as const;

/** DNS name of an operator's Service: the first name in its server certificate. */
export function serviceName(operator: string): string {
  return `${operator}.${operator}.svc.cluster.local`;
}
