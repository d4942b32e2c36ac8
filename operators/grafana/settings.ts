import { ports } from '../../charts/observability/endpoints.ts';

/** Folder of the image's database, at which the volume is mounted. */
export const dataFolder = '/var/lib/grafana';
/** Folder of dashboards, with a subfolder for each folder of Grafana. */
export const dashboardsFolder = '/dashboards';
/** Folder on the volume for secrets, which the first start creates. */
export const secretsFolder = `${dataFolder}/secrets`;
/** Names of their files. */
export const secretFiles = { adminPassword: 'admin-password', secretKey: 'secret-key' } as const;

/**
 * `grafana.ini` (Grafana, 'Configure Grafana', 12.2). A login is required; Grafana calls no other hosts; only
 * Prometheus evaluates alerts.
 */
export function grafanaIni(): string {
  const fromFile = (name: string) => `$__file{${secretsFolder}/${name}}`;
  return ini({
    server: { http_port: ports.grafana },
    database: { type: 'sqlite3', wal: true },
    security: {
      admin_user: 'admin',
      // Read once, when the database is created.
      admin_password: fromFile(secretFiles.adminPassword),
      // Encrypts the keys of the data sources in the database.
      secret_key: fromFile(secretFiles.secretKey),
      disable_gravatar: true,
      cookie_samesite: 'strict',
    },
    users: { allow_sign_up: false, default_theme: 'system' },
    'auth.anonymous': { enabled: false },
    dashboards: { default_home_dashboard_path: `${dashboardsFolder}/Platform/platform.json` },
    unified_alerting: { enabled: false },
    live: { max_connections: 0 },
    analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
    news: { news_feed_enabled: false },
    plugins: { preinstall_disabled: true },
    snapshots: { enabled: false },
    public_dashboards: { enabled: false },
    'log.console': { format: 'json' },
  });
}

function ini(sections: Record<string, Record<string, string | number | boolean>>): string {
  return Object.entries(sections)
    .map(([section, values]) =>
      [`[${section}]`, ...Object.entries(values).map(([key, value]) => `${key} = ${value}`), ''].join('\n'),
    )
    .join('\n');
}
