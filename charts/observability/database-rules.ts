import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import { databaseSettings } from '../database/settings.ts';
import { linesCommand } from './evidence.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';

/** Alerts on the databases that the environment runs. */
export function databaseRules(env: Environment): PrometheusRule[] {
  const databases = databasesOf(env).map(({ app }) => ({
    job: databaseCluster(app),
    ...databaseSettings(env, app),
  }));
  if (databases.length === 0) return [];
  const hasStandbys = databases.some(({ instances }) => instances > 1);
  const backedUp = databases.filter(({ backups }) => backups !== undefined);
  return [
    alert('DatabaseInstanceDown', 'page', {
      expr: fewerInstances(databases),
      hold: '10m',
      summary: '{{ $labels.job }} has {{ $value }} running instances, fewer than desired.',
    }),
    alert('DatabaseAbsent', 'page', {
      expr: databases.map(({ job }) => `absent(cnpg_collector_up{job="${job}"})`).join(' or '),
      hold: '10m',
      summary: 'No instance of {{ $labels.job }} says that it runs.',
    }),
    alert('DatabaseMetricsFail', 'ticket', {
      expr: 'cnpg_collector_last_collection_error > 0',
      hold: '15m',
      summary: 'A query for the metrics of {{ $labels.job }} fails: some of its alerts cannot fire.',
    }),
    alert('DatabaseConnectionsUsed', 'page', {
      expr: 'sum by (job, pod) (cnpg_connections_count) / on (job, pod) cnpg_settings_max_connections > 0.9',
      hold: '5m',
      summary:
        '{{ $labels.job }} ({{ $labels.pod }}) has {{ $value | humanizePercentage }} of its connections in use.',
    }),
    alert('DatabaseDeadlocks', 'ticket', {
      // A floor: a single deadlock is retried.
      expr: 'sum by (job) (increase(cnpg_traffic_deadlocks[1h])) >= 5',
      summary: '{{ $labels.job }} ended {{ $value | printf "%.0f" }} transactions by a deadlock in an hour.',
      evidence: linesCommand(env, '{{ reReplaceAll "-db$" "" $labels.job }}', {
        since: '1h',
        more: ' --grep deadlock',
      }),
    }),
    ...(hasStandbys
      ? [
          alert('ReplicationLags', 'ticket', {
            expr: 'cnpg_replication_lag_seconds > 60',
            hold: '10m',
            summary: 'The standby {{ $labels.pod }} of {{ $labels.job }} is more than a minute behind.',
          }),
        ]
      : []),
    ...(backedUp.length === 0 ? [] : backupRules()),
  ];
}

/** The databases that have fewer instances than they should; each number of instances has one comparison. */
function fewerInstances(databases: readonly { job: string; instances: number }[]): string {
  const counts = [...new Set(databases.map(({ instances }) => instances))].sort((a, b) => b - a);
  return counts
    .map((count) => {
      const jobs = databases.filter(({ instances }) => instances === count).map(({ job }) => job);
      return `sum by (job) (cnpg_collector_up{job=~"${jobs.join('|')}"}) < ${count}`;
    })
    .join(' or ');
}

function backupRules(): PrometheusRule[] {
  return [
    alert('BackupFailed', 'ticket', {
      expr: 'max by (job) (cnpg_collector_last_failed_backup_timestamp) > max by (job) (cnpg_collector_last_available_backup_timestamp)',
      hold: '15m',
      summary: 'The newest backup of {{ $labels.job }} failed.',
    }),
    alert('BackupOld', 'page', {
      // Zero means that there is no backup yet: BackupMissing. The schedule can be weekly.
      expr: 'time() - (max by (job) (cnpg_collector_last_available_backup_timestamp) != 0) > 8 * 86400',
      hold: '30m',
      summary: 'The newest backup of {{ $labels.job }} is older than eight days.',
    }),
    alert('BackupMissing', 'page', {
      // A schedule begins with a backup at once.
      expr: 'max by (job) (cnpg_collector_last_available_backup_timestamp) == 0',
      hold: '6h',
      summary: '{{ $labels.job }} has backups in cluster.yaml, and none was made for six hours.',
    }),
  ];
}
