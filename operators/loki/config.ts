import { type Bucket, signalBucket } from '../../charts/observability/bucket.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { httpTlsConfig } from '../../charts/observability/server-tls.ts';
import { signalLimits } from '../../charts/observability/signal-limits.ts';
import { dataFolder } from '../../charts/observability/store.ts';
import type { Environment } from '../../model/graph.ts';
import { inSeconds } from '../../model/schema/duration.ts';

/**
 * Resource attributes that become labels of a stream. Each value creates new streams, so only attributes with
 * few values are here; the pod's name and the fields of a line are structured metadata.
 */
export const indexedAttributes = ['k8s.namespace.name', 'k8s.container.name', 'service.name'] as const;

/**
 * Loki's label for an attribute: label names have no dots (Loki, 'Ingesting logs to Loki using OpenTelemetry
 * Collector').
 */
export function indexedLabel(attribute: (typeof indexedAttributes)[number]): string {
  return attribute.replaceAll('.', '_');
}

/** Loki's configuration, all parts in one process (Loki, 'Configuration parameters', 3.5). */
export function lokiConfig(env: Environment): object {
  const bucket = signalBucket(env, 'loki', 'logs');
  const store = bucket === undefined ? 'filesystem' : 's3';
  return {
    auth_enabled: false,
    analytics: { reporting_enabled: false },
    server: {
      http_listen_port: ports.loki,
      http_tls_config: httpTlsConfig('loki'),
      // Its own components call each other there.
      grpc_listen_address: '127.0.0.1',
      // They send on what an agent sends at once, with what they add to each line.
      grpc_server_max_recv_msg_size: 2 * signalLimits.batch,
      log_format: 'json',
    },
    common: {
      path_prefix: dataFolder,
      instance_addr: '127.0.0.1',
      replication_factor: 1,
      ring: { kvstore: { store: 'inmemory' } },
      storage: objectStorage(bucket),
    },
    schema_config: {
      // A date before the first line: no other schema was ever used.
      configs: [
        {
          from: '2026-01-01',
          store: 'tsdb',
          object_store: store,
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    compactor: {
      working_directory: `${dataFolder}/compactor`,
      retention_enabled: true,
      delete_request_store: store,
    },
    limits_config: {
      retention_period: `${inSeconds(env.cluster.retention.logs)}s`,
      // Maximum size that the agents send.
      max_line_size: '256KB',
      max_line_size_truncate: true,
      // Bytes per second for all lines; beyond it, clients get 429 and retry.
      ingestion_rate_mb: 8,
      ingestion_burst_size_mb: 16,
      per_stream_rate_limit: '4MB',
      per_stream_rate_limit_burst: '16MB',
      max_global_streams_per_user: 5000,
      // Splits queries by parts of a day instead of hours.
      split_queries_by_interval: '6h',
      otlp_config: {
        resource_attributes: {
          ignore_defaults: true,
          attributes_config: [{ action: 'index_label', attributes: [...indexedAttributes] }],
        },
      },
    },
  };
}

function objectStorage(bucket: Bucket | undefined): object {
  if (bucket !== undefined) return { s3: { bucketnames: bucket.name, region: bucket.region } };
  return {
    filesystem: { chunks_directory: `${dataFolder}/chunks`, rules_directory: `${dataFolder}/rules` },
  };
}
