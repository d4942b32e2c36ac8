import type { Environment } from '../../model/graph.ts';
import { type AlertReceiver, receiverKey } from '../../model/schema/alert-receivers.ts';
import { burnInLabel } from './objective-rules.ts';

/** Folder where the pod mounts the Secret with addresses and passwords of receivers. */
export const receiversFolder = '/etc/alertmanager-receivers';

/** Port of the https:// addresses of Slack and webhooks. */
const httpsPort = 443;

/**
 * Alertmanager's configuration (Prometheus, 'Alerting', 'Configuration', 0.28). It reads secrets from files for each message. The
 * watchdog, of severity `none`, goes to the heartbeat alone, or to nobody: it only shows that alerts arrive. An alert of an objective in
 * its first week goes to nobody.
 */
export function alertmanagerConfig(env: Pick<Environment, 'cluster'>): object {
  const receivers = receiversOf(env);
  const grouped = { group_by: ['alertname', 'namespace'], group_wait: '30s' };
  if (receivers.length === 0) {
    return { route: { receiver: 'nobody', ...grouped }, receivers: [{ name: 'nobody' }] };
  }
  const isHeartbeat = ({ kind }: AlertReceiver) => kind === 'heartbeat';
  const configured = (given: readonly AlertReceiver[]) =>
    Object.assign({}, ...given.map((each) => receiver(env.cluster.name, each)));
  const hasHeartbeat = receivers.some(isHeartbeat);
  return {
    route: {
      receiver: 'people',
      ...grouped,
      group_interval: '5m',
      // Repeats the notification of a firing alert twice a day.
      repeat_interval: '12h',
      routes: [
        hasHeartbeat
          ? { matchers: ['severity="none"'], receiver: 'heartbeat', ...beats }
          : { matchers: ['severity="none"'], receiver: 'nobody' },
        { matchers: [`${burnInLabel}="true"`], receiver: 'nobody' },
      ],
    },
    receivers: [
      { name: 'nobody' },
      { name: 'people', ...configured(receivers.filter((each) => !isHeartbeat(each))) },
      ...(hasHeartbeat ? [{ name: 'heartbeat', ...configured(receivers.filter(isHeartbeat)) }] : []),
    ],
  };
}

/** Alertmanager repeats a notification at the first `group_interval` after `repeat_interval`. */
const beats = { group_interval: '1m', repeat_interval: '5m' };

/** Ports outside of the cluster to which Alertmanager sends. */
export function receiverPorts(env: Pick<Environment, 'cluster'>): number[] {
  const ports = receiversOf(env).map((each) =>
    each.kind === 'mail' ? Number(each.smarthost.split(':')[1]) : httpsPort,
  );
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The Secret of the receivers with the keys that they read; undefined if no receiver needs a secret. */
export function receiverSecret({
  cluster,
}: Pick<Environment, 'cluster'>): { name: string; keys: string[] } | undefined {
  const alerts = cluster.observability === 'off' ? undefined : cluster.observability.alerts;
  const keys = alerts?.receivers.flatMap((each) => receiverKey(each) ?? []) ?? [];
  return alerts?.secret === undefined || keys.length === 0 ? undefined : { name: alerts.secret, keys };
}

function receiversOf({ cluster }: Pick<Environment, 'cluster'>): readonly AlertReceiver[] {
  return cluster.observability === 'off' ? [] : (cluster.observability.alerts?.receivers ?? []);
}

/** Of each alert: summary and runbook in a line, and its evidence below; then those that ended since the last message. */
const text =
  '{{ range .Alerts.Firing }}{{ .Annotations.summary }} ({{ .Annotations.runbook }})\n{{ with .Annotations.evidence }}{{ . }}\n{{ end }}{{ end }}' +
  '{{ range .Alerts.Resolved }}Ended: {{ .Annotations.summary }}\n{{ end }}';

function receiver(cluster: string, given: AlertReceiver): object {
  const file = (key: string | undefined) => `${receiversFolder}/${key}`;
  const key = receiverKey(given);
  switch (given.kind) {
    case 'webhook':
      return { webhook_configs: [{ url_file: file(key), send_resolved: true }] };
    case 'heartbeat':
      return { webhook_configs: [{ url_file: file(key), send_resolved: false }] };
    case 'slack':
      return {
        slack_configs: [
          {
            api_url_file: file(key),
            channel: given.channel,
            send_resolved: true,
            // By default a link to the pod, which nobody can open.
            title_link: '',
            title: `${cluster}: {{ .Status }} {{ .CommonLabels.alertname }}`,
            text,
          },
        ],
      };
    case 'mail':
      return {
        email_configs: given.to.map((to) => ({
          to,
          from: given.from,
          smarthost: given.smarthost,
          require_tls: true,
          send_resolved: true,
          headers: { Subject: `${cluster}: {{ .Status }} {{ .CommonLabels.alertname }}` },
          text,
          // By default a page with links to the pod, which mail programs would show in place of the text.
          html: '',
          ...(given.user === undefined ? {} : { auth_username: given.user, auth_password_file: file(key) }),
        })),
      };
  }
}
