/*
 * Keys of configuration that upstream documents, as far as they are written here. Loki and Tempo end at a key that they do not know, and
 * neither runs where this is developed. A list is left out of a path: `a.list.key`.
 */

/** Loki 3.5, 'Grafana Loki configuration parameters' (grafana/loki, docs/sources/shared/configuration.md), and the section of each. */
export const lokiKeys: readonly string[] = [
  // Supported contents and default values
  'auth_enabled',
  'analytics.reporting_enabled',
  // server
  'server.http_listen_port',
  'server.http_tls_config.cert_file',
  'server.http_tls_config.key_file',
  'server.http_tls_config.client_auth_type',
  'server.http_tls_config.client_ca_file',
  'server.grpc_listen_address',
  'server.log_format',
  // common
  'common.path_prefix',
  'common.instance_addr',
  'common.replication_factor',
  'common.ring.kvstore.store',
  'common.storage.filesystem.chunks_directory',
  'common.storage.filesystem.rules_directory',
  // s3_storage_config
  'common.storage.s3.bucketnames',
  'common.storage.s3.region',
  // period_config
  'schema_config.configs.from',
  'schema_config.configs.store',
  'schema_config.configs.object_store',
  'schema_config.configs.schema',
  'schema_config.configs.index.prefix',
  'schema_config.configs.index.period',
  // compactor
  'compactor.working_directory',
  'compactor.retention_enabled',
  'compactor.delete_request_store',
  // limits_config
  'limits_config.retention_period',
  'limits_config.max_line_size',
  'limits_config.max_line_size_truncate',
  'limits_config.ingestion_rate_mb',
  'limits_config.ingestion_burst_size_mb',
  'limits_config.per_stream_rate_limit',
  'limits_config.per_stream_rate_limit_burst',
  'limits_config.max_global_streams_per_user',
  'limits_config.split_queries_by_interval',
  'limits_config.otlp_config.resource_attributes.ignore_defaults',
  // attributes_config
  'limits_config.otlp_config.resource_attributes.attributes_config.action',
  'limits_config.otlp_config.resource_attributes.attributes_config.attributes',
];

/**
 * Tempo 2.9, 'Manifest' (grafana/tempo, docs/sources/tempo/configuration/manifest.md), 'Configure TLS communication'
 * (docs/sources/tempo/configuration/network/tls.md) and, for `tls` of the receiver, configtls of the OpenTelemetry collector.
 */
export const tempoKeys: readonly string[] = [
  'usage_report.reporting_enabled',
  'server.http_listen_port',
  'server.http_tls_config.cert_file',
  'server.http_tls_config.key_file',
  'server.http_tls_config.client_auth_type',
  'server.http_tls_config.client_ca_file',
  'server.grpc_listen_address',
  'server.log_format',
  'distributor.receivers.otlp.protocols.grpc.endpoint',
  'distributor.receivers.otlp.protocols.grpc.tls.cert_file',
  'distributor.receivers.otlp.protocols.grpc.tls.key_file',
  'distributor.receivers.otlp.protocols.grpc.tls.client_ca_file',
  'distributor.receivers.otlp.protocols.grpc.tls.client_ca_file_reload',
  'distributor.receivers.otlp.protocols.grpc.tls.reload_interval',
  'compactor.compaction.block_retention',
  'storage.trace.wal.path',
  'storage.trace.backend',
  'storage.trace.local.path',
  'storage.trace.s3.bucket',
  'storage.trace.s3.region',
  'storage.trace.s3.endpoint',
  'overrides.defaults.ingestion.rate_limit_bytes',
  'overrides.defaults.ingestion.burst_size_bytes',
  'overrides.defaults.ingestion.max_traces_per_user',
  'overrides.defaults.global.max_bytes_per_trace',
];

/** Grafana 12.2, 'Configure Grafana' (grafana/grafana, docs/sources/setup-grafana/configure-grafana/_index.md). */
export const grafanaKeys: readonly string[] = [
  'server.http_port',
  'database.type',
  'database.wal',
  'security.admin_user',
  'security.admin_password',
  'security.secret_key',
  'security.disable_gravatar',
  'security.cookie_samesite',
  'users.allow_sign_up',
  'users.default_theme',
  'auth.anonymous.enabled',
  'dashboards.default_home_dashboard_path',
  'unified_alerting.enabled',
  'live.max_connections',
  'analytics.reporting_enabled',
  'analytics.check_for_updates',
  'analytics.check_for_plugin_updates',
  'news.news_feed_enabled',
  'plugins.preinstall_disabled',
  'snapshots.enabled',
  'public_dashboards.enabled',
  'log.console.format',
];

/**
 * Grafana 12.2, 'Provision Grafana' with the pages 'Prometheus', 'Loki' and 'Tempo' of its data sources (grafana/grafana,
 * docs/sources/datasources), and 'JSON Data' and 'Secure JSON Data' in 'Provision Grafana'.
 */
export const dataSourceKeys: readonly string[] = [
  ...['name', 'type', 'uid', 'access', 'editable', 'url', 'isDefault'],
  ...[
    'tlsAuth',
    'tlsAuthWithCACert',
    'serverName',
    'httpMethod',
    'timeInterval',
    'manageAlerts',
    'maxLines',
  ].map((key) => `jsonData.${key}`),
  ...['name', 'datasourceUid', 'urlDisplayLabel'].map((key) => `jsonData.exemplarTraceIdDestinations.${key}`),
  ...['name', 'matcherType', 'matcherRegex', 'url', 'datasourceUid', 'urlDisplayLabel'].map(
    (key) => `jsonData.derivedFields.${key}`,
  ),
  'jsonData.nodeGraph.enabled',
  ...['datasourceUid', 'spanStartTimeShift', 'spanEndTimeShift', 'customQuery', 'query'].map(
    (key) => `jsonData.tracesToLogsV2.${key}`,
  ),
  ...['key', 'value'].map((key) => `jsonData.tracesToLogsV2.tags.${key}`),
  ...['datasourceUid', 'spanStartTimeShift', 'spanEndTimeShift'].map(
    (key) => `jsonData.tracesToMetrics.${key}`,
  ),
  ...['key', 'value'].map((key) => `jsonData.tracesToMetrics.tags.${key}`),
  ...['name', 'query'].map((key) => `jsonData.tracesToMetrics.queries.${key}`),
  ...['tlsCACert', 'tlsClientCert', 'tlsClientKey'].map((key) => `secureJsonData.${key}`),
];

/** Paths of all values in a configuration, with dots; a list has those of its items. */
export function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => keysOf(item, path)))];
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`));
}
