/*
 * Keys of Grafana's configuration that upstream documents, as far as they are written here: it does not run where this is developed. A
 * list is left out of a path: `a.list.key`.
 */

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
