import type { Environment } from '../../model/graph.ts';
import { databasesOf } from '../../model/schema/database.ts';
import { linesCommand } from './evidence.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';

/** Alerts on the databases that the environment runs. */
export function databaseRules(env: Environment): PrometheusRule[] {
  if (databasesOf(env).length === 0) return [];
  const { instances, backups } = env.cluster.databases;
  return [
    alert('DatabaseInstanceDown', 'page', {
      expr: `sum by (job) (cnpg_collector_up) < ${instances}`,
      hold: '10m',
      summary: `{{ $labels.job }} has {{ $value }} running instances of ${instances}.`,
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
    ...(instances > 1
      ? [
          alert('ReplicationLags', 'ticket', {
            expr: 'cnpg_replication_lag_seconds > 60',
            hold: '10m',
            summary: 'The standby {{ $labels.pod }} of {{ $labels.job }} is more than a minute behind.',
          }),
        ]
      : []),
    ...(backups === undefined ? [] : backupRules()),
  ];
}

function backupRules(): PrometheusRule[] {
  return [
    alert('BackupFailed', 'ticket', {
      expr: 'max by (job) (cnpg_collector_last_failed_backup_timestamp) > max by (job) (cnpg_collector_last_available_backup_timestamp)',
      hold: '15m',
      summary: 'The newest backup of {{ $labels.job }} failed.',
    }),
    alert('BackupOld', 'page', {
      // Zero means that there is no backup yet. The schedule can be weekly.
      expr: 'time() - (max by (job) (cnpg_collector_last_available_backup_timestamp) != 0) > 8 * 86400',
      hold: '30m',
      summary: 'The newest backup of {{ $labels.job }} is older than eight days.',
    }),
  ];
}
