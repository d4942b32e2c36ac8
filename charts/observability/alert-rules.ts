import type { Environment } from '../../model/graph.ts';
import { rolloutGate } from '../../model/rollout.ts';
import { controlPlaneRules } from './control-plane-rules.ts';
import { databaseRules } from './database-rules.ts';
import { fluxRules } from './flux-rules.ts';
import { objectiveRules } from './objective-rules.ts';
import { runs } from './observed.ts';
import { alert, type PrometheusRule, type RuleFile } from './prometheus-rule.ts';
import { appSeries, queries } from './queries.ts';
import { rolloutRules } from './rollout-rules.ts';
import { postgresMetricsPort, scrapeTargets } from './scrape-targets.ts';
import { telemetryRules } from './telemetry-rules.ts';
import { workloadRules } from './workload-rules.ts';

/** Every alert of an environment: those of the platform and of each app with an objective. */
export function alertRules(env: Environment): RuleFile {
  const objectives = env.apps.flatMap((app) =>
    app.objective === undefined
      ? []
      : [{ name: `objective-${app.name}`, rules: objectiveRules(env, app.name, app.objective) }],
  );
  return {
    groups: [
      { name: 'watchdog', rules: watchdog() },
      { name: 'targets', rules: targets(env) },
      { name: 'workloads', rules: workloadRules(env) },
      { name: 'volumes', rules: volumes() },
      { name: 'control-plane', rules: controlPlaneRules() },
      { name: 'nodes', rules: nodes() },
      { name: 'platform', rules: platform(env) },
      { name: 'flux', rules: fluxRules(env) },
      { name: 'telemetry', rules: telemetryRules(env) },
      { name: 'databases', rules: databaseRules(env) },
      ...(runs(env, rolloutGate) ? [{ name: 'rollouts', rules: rolloutRules() }] : []),
      { name: 'usage', rules: usage() },
      ...objectives,
    ],
  };
}

function watchdog(): PrometheusRule[] {
  return [
    alert('Watchdog', 'none', {
      expr: 'vector(1)',
      summary: 'Always firing: if it does not arrive, no alert does.',
    }),
  ];
}

/** Alerts on missing data: a rule over series that no longer exist does not fire. */
function targets(env: Environment): PrometheusRule[] {
  // A database has an alert of its own.
  const pods = scrapeTargets(env).filter(({ port }) => port !== postgresMetricsPort);
  const jobs = [...new Set([...pods.map(({ job }) => job), 'kubelet', 'cadvisor'])];
  return [
    alert('TargetDown', 'ticket', {
      expr: 'up == 0',
      hold: '10m',
      summary: 'Prometheus cannot read the metrics of {{ $labels.job }} ({{ or $labels.pod $labels.node }}).',
    }),
    alert('TargetAbsent', 'ticket', {
      expr: jobs.map((job) => `absent(up{job="${job}"})`).join(' or '),
      hold: '15m',
      summary: 'Prometheus finds nothing of {{ $labels.job }}.',
    }),
  ];
}

function volumes(): PrometheusRule[] {
  return [
    alert('VolumeFull', 'ticket', {
      expr:
        'kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.1' +
        ' or predict_linear(kubelet_volume_stats_available_bytes[6h], 4 * 86400) < 0' +
        ` and ${overHours('kubelet_volume_stats_available_bytes')}` +
        ' and kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.4',
      hold: '30m',
      summary:
        'The volume {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is full, or will be within four days.',
    }),
  ];
}

/** Only series that existed five hours ago: a prediction from a new node's first minutes is meaningless. */
function overHours(series: string): string {
  return `${series} offset 5h >= 0`;
}

function nodes(): PrometheusRule[] {
  const disk = 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"}';
  const size = 'node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"}';
  return [
    alert('NodeNotReady', 'page', {
      // 0 is said by the kubelet; -1, unknown, is what the control plane says of one that is silent (k8sclusterreceiver).
      expr: 'k8s_node_condition_ready < 1',
      hold: '5m',
      summary: 'The node {{ $labels.node }} is not ready.',
    }),
    alert('NodeDiskFull', 'page', {
      expr: `${disk} / ${size} < 0.05`,
      hold: '10m',
      summary:
        'The disk {{ $labels.mountpoint }} of {{ $labels.node }} is nearly full: pods will be evicted.',
    }),
    alert('NodeDiskFullSoon', 'ticket', {
      expr: `predict_linear(${disk}[6h], 4 * 86400) < 0 and ${overHours(disk)} and ${disk} / ${size} < 0.4`,
      hold: '1h',
      summary: 'The disk {{ $labels.mountpoint }} of {{ $labels.node }} will be full within four days.',
    }),
    alert('NodeMemoryLow', 'ticket', {
      expr: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05',
      hold: '15m',
      summary: 'The node {{ $labels.node }} has less than 5 % of its memory left.',
    }),
    alert('ClockSkew', 'ticket', {
      // What a time service says, and the difference to the clock of Prometheus, which is there without one: up to a scrape's duration.
      expr: 'abs(node_timex_offset_seconds) > 0.5 or abs(node_time_seconds - timestamp(node_time_seconds)) > 15',
      hold: '10m',
      summary:
        'The clock of {{ $labels.node }} is off by {{ $value | humanizeDuration }}: certificates and tokens may be refused.',
    }),
  ];
}

function platform({ operators }: Environment): PrometheusRule[] {
  const has = (name: string) => operators.some((operator) => operator.name === name);
  return [
    ...(has('cert-manager')
      ? [
          alert('CertificateNotRenewed', 'page', {
            // Renewal is overdue: half of the time between renewal and expiry has passed.
            expr:
              'certmanager_certificate_renewal_timestamp_seconds < time() and' +
              ' certmanager_certificate_expiration_timestamp_seconds - time()' +
              ' < (certmanager_certificate_expiration_timestamp_seconds - certmanager_certificate_renewal_timestamp_seconds) / 2',
            hold: '10m',
            summary:
              'The certificate {{ $labels.exported_namespace }}/{{ $labels.name }} is overdue for renewal and ends soon.',
          }),
          alert('CertificateNotReady', 'ticket', {
            expr: 'certmanager_certificate_ready_status{condition!="True"} == 1',
            hold: '15m',
            summary: 'The certificate {{ $labels.exported_namespace }}/{{ $labels.name }} is not issued.',
          }),
        ]
      : []),
    ...(has('alertmanager')
      ? [
          alert('AlertsNotSent', 'ticket', {
            expr: 'increase(prometheus_notifications_errors_total[15m]) > 0',
            hold: '15m',
            summary: 'Prometheus cannot send its alerts to Alertmanager.',
          }),
          alert('NotificationsFail', 'ticket', {
            expr: 'sum by (integration) (increase(alertmanager_notifications_failed_total[30m])) > 0',
            hold: '15m',
            summary: 'Alertmanager cannot send notifications by {{ $labels.integration }}.',
          }),
        ]
      : []),
  ];
}

/** The four golden signals by namespace, recorded for frequent readers such as the front page. */
function usage(): PrometheusRule[] {
  const window = '5m';
  const byService = (expr: string) => `label_replace(${expr}, "app", "$1", "service_name", "(.+)")`;
  const byNamespace = (expr: string) => `label_replace(${expr}, "app", "$1", "namespace", "(.+)")`;
  const { requests, errors, slow, memory } = queries.usage;
  return [
    { record: appSeries.requests, expr: byService(requests(window)) },
    // Zero if nothing ever failed: then there is no series.
    {
      record: appSeries.failed,
      expr: byService(`(${errors(window)} or 0 * ${requests(window)}) / (${requests(window)} > 0)`),
    },
    { record: appSeries.slow, expr: byService(`${slow(window)} >= 0`) },
    { record: appSeries.memory, expr: byNamespace(memory()) },
  ];
}
