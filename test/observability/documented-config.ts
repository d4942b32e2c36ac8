import { z } from 'zod';

/*
 * Configuration of Loki, Tempo and Grafana's folders of dashboards as upstream documents it, as far as it is written here: each key with its type. Loki
 * and Tempo end at a key that they do not know, and none of them runs where this is developed.
 */

const path = z.string().startsWith('/');
const port = z.number().int().min(1).max(65_535);
const host = z.string().regex(/^[a-z0-9.-]+$/);
/** A duration of Go, or one of Prometheus, which has days too. */
const duration = z.string().regex(/^(\d+(ms|s|m|h|d))+$/);
const count = z.number().int().positive();
const size = z.string().regex(/^\d+(B|KB|MB|GB)$/);

/** 'server' of both: the same library (dskit). */
const server = z.strictObject({
  http_listen_port: port,
  http_tls_config: z.strictObject({
    cert_file: path,
    key_file: path,
    client_auth_type: z.enum([
      'NoClientCert',
      'RequestClientCert',
      'RequireAnyClientCert',
      'VerifyClientCertIfGiven',
      'RequireAndVerifyClientCert',
    ]),
    client_ca_file: path,
  }),
  grpc_listen_address: host,
  grpc_server_max_recv_msg_size: count.optional(),
  log_format: z.enum(['logfmt', 'json']),
});

/**
 * Loki 3.5, 'Grafana Loki configuration parameters' (grafana/loki, docs/sources/shared/configuration.md): the sections 'server', 'common',
 * 's3_storage_config', 'period_config', 'compactor', 'limits_config' and 'attributes_config'.
 */
export const lokiConfiguration = z.strictObject({
  auth_enabled: z.boolean(),
  analytics: z.strictObject({ reporting_enabled: z.boolean() }),
  server,
  common: z.strictObject({
    path_prefix: path,
    instance_addr: host,
    replication_factor: count,
    ring: z.strictObject({
      kvstore: z.strictObject({ store: z.enum(['consul', 'etcd', 'inmemory', 'memberlist', 'multi']) }),
    }),
    storage: z.union([
      z.strictObject({ s3: z.strictObject({ bucketnames: z.string().min(3), region: z.string().min(1) }) }),
      z.strictObject({ filesystem: z.strictObject({ chunks_directory: path, rules_directory: path }) }),
    ]),
  }),
  schema_config: z.strictObject({
    configs: z
      .array(
        z.strictObject({
          from: z.string().regex(/^\d{4}-\d\d-\d\d$/),
          store: z.enum(['tsdb', 'boltdb-shipper']),
          object_store: z.enum(['filesystem', 's3']),
          schema: z.enum(['v9', 'v10', 'v11', 'v12', 'v13']),
          // Tables of a day: retention works by them alone.
          index: z.strictObject({ prefix: z.string().min(1), period: z.literal('24h') }),
        }),
      )
      .min(1),
  }),
  compactor: z.strictObject({
    working_directory: path,
    retention_enabled: z.boolean(),
    delete_request_store: z.enum(['filesystem', 's3']),
  }),
  limits_config: z.strictObject({
    retention_period: duration,
    max_line_size: size,
    max_line_size_truncate: z.boolean(),
    ingestion_rate_mb: z.number().positive(),
    ingestion_burst_size_mb: z.number().positive(),
    per_stream_rate_limit: size,
    per_stream_rate_limit_burst: size,
    max_global_streams_per_user: count,
    split_queries_by_interval: duration,
    otlp_config: z.strictObject({
      resource_attributes: z.strictObject({
        ignore_defaults: z.boolean(),
        attributes_config: z.array(
          z.strictObject({
            action: z.enum(['index_label', 'structured_metadata', 'drop']),
            attributes: z.array(z.string().min(1)).min(1),
          }),
        ),
      }),
    }),
  }),
});

/**
 * Tempo 2.9, 'Manifest' (grafana/tempo, docs/sources/tempo/configuration/manifest.md), 'Configure TLS communication'
 * (docs/sources/tempo/configuration/network/tls.md) and, for `tls` of the receiver, configtls of the OpenTelemetry collector.
 */
export const tempoConfiguration = z.strictObject({
  usage_report: z.strictObject({ reporting_enabled: z.boolean() }),
  server,
  distributor: z.strictObject({
    receivers: z.strictObject({
      otlp: z.strictObject({
        protocols: z.strictObject({
          grpc: z.strictObject({
            endpoint: z.string().regex(/^[\d.]+:\d+$/),
            tls: z.strictObject({
              cert_file: path,
              key_file: path,
              client_ca_file: path,
              client_ca_file_reload: z.boolean(),
              reload_interval: duration,
            }),
          }),
        }),
      }),
    }),
  }),
  compactor: z.strictObject({ compaction: z.strictObject({ block_retention: duration }) }),
  storage: z.strictObject({
    trace: z.discriminatedUnion('backend', [
      z.strictObject({
        backend: z.literal('local'),
        wal: z.strictObject({ path }),
        local: z.strictObject({ path }),
      }),
      z.strictObject({
        backend: z.literal('s3'),
        wal: z.strictObject({ path }),
        s3: z.strictObject({ bucket: z.string().min(3), region: z.string().min(1), endpoint: host }),
      }),
    ]),
  }),
  overrides: z.strictObject({
    defaults: z.strictObject({
      ingestion: z.strictObject({
        rate_limit_bytes: count,
        burst_size_bytes: count,
        max_traces_per_user: count,
      }),
      global: z.strictObject({ max_bytes_per_trace: count }),
    }),
  }),
});

/** Grafana 12.2, 'Provision Grafana', 'Dashboards' (grafana/grafana, docs/sources/administration/provisioning/index.md). */
export const dashboardProviders = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string().min(1),
      type: z.literal('file'),
      allowUiUpdates: z.boolean(),
      updateIntervalSeconds: count,
      options: z.strictObject({ path, foldersFromFilesStructure: z.boolean() }),
    }),
  ),
});
