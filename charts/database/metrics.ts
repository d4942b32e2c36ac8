import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { stringify } from 'yaml';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databaseName } from '../../model/schema/database.ts';
import type { FieldOf } from '../kube/custom-resource.ts';
import { namespaceOf } from '../kube/names.ts';
import { runs } from '../observability/observed.ts';

const file = 'queries.yaml';

/**
 * Custom metrics of an instance, beside CloudNativePG's own, as `cnpg_QUERY_COLUMN` (CloudNativePG,
 * 'Monitoring', 'User defined metrics'). Returns `monitoring` of the Cluster; undefined if no Prometheus
 * runs.
 */
export function databaseMetrics(
  chart: Chart,
  env: Environment,
  app: string,
): FieldOf<'Cluster', 'monitoring'> | undefined {
  if (!runs(env, 'prometheus')) return undefined;
  const name = `${databaseCluster(app)}-metrics`;
  new k8s.KubeConfigMap(chart, 'metrics', {
    // CloudNativePG reads a ConfigMap with this label again when it changes.
    metadata: { name, namespace: namespaceOf({ name: app }), labels: { 'cnpg.io/reload': '' } },
    data: { [file]: stringify(metricQueries(databaseName(app))) },
  });
  return { customQueriesConfigMap: [{ name, key: file }] };
}

interface Column {
  usage: 'LABEL' | 'GAUGE' | 'COUNTER';
  description: string;
}

/** The queries, with the type of each column. The name of a database has letters, digits and _ only. */
export function metricQueries(
  database: string,
): Record<string, { query: string; metrics: Record<string, Column>[] }> {
  const column = (name: string, usage: Column['usage'], description: string) => ({
    [name]: { usage, description },
  });
  return {
    connections: {
      query:
        "SELECT coalesce(state, 'unknown') AS state, count(*) AS count FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1",
      metrics: [
        column('state', 'LABEL', 'State of the connection.'),
        column('count', 'GAUGE', 'Connections of clients.'),
      ],
    },
    settings: {
      query: "SELECT current_setting('max_connections')::int AS max_connections",
      metrics: [column('max_connections', 'GAUGE', 'Maximum number of connections.')],
    },
    traffic: {
      query: `SELECT xact_commit AS commits, xact_rollback AS rollbacks, blks_hit AS blocks_hit, blks_read AS blocks_read, deadlocks, pg_database_size(datname) AS size_bytes FROM pg_stat_database WHERE datname = '${database}'`,
      metrics: [
        column('commits', 'COUNTER', 'Committed transactions.'),
        column('rollbacks', 'COUNTER', 'Transactions rolled back.'),
        column('blocks_hit', 'COUNTER', 'Blocks read from memory.'),
        column('blocks_read', 'COUNTER', 'Blocks read from the disk.'),
        column('deadlocks', 'COUNTER', 'Transactions ended by a deadlock.'),
        column('size_bytes', 'GAUGE', 'Size of the database.'),
      ],
    },
    statements: {
      // By the first line of the statement, which is its name if apps/kit sends it; the statements with the
      // most time since the server started. The view has a row per role, and Prometheus takes each series once.
      query: `SELECT queryid::text AS fingerprint, min(left(ltrim(split_part(query, E'\\n', 1), '- '), 100)) AS statement, sum(calls)::bigint AS calls, sum(total_exec_time) / 1000 AS seconds, sum(rows)::bigint AS rows FROM pg_stat_statements WHERE queryid IS NOT NULL AND dbid = (SELECT oid FROM pg_database WHERE datname = '${database}') GROUP BY queryid ORDER BY sum(total_exec_time) DESC LIMIT 20`,
      metrics: [
        column(
          'fingerprint',
          'LABEL',
          'Fingerprint: the same for statements that differ only in their values.',
        ),
        column('statement', 'LABEL', 'First line of the statement, with $1 for values.'),
        column('calls', 'COUNTER', 'Number of executions.'),
        column('seconds', 'COUNTER', 'Total time of all executions.'),
        column('rows', 'COUNTER', 'Rows read or changed.'),
      ],
    },
    replication: {
      // Without writes the newest change is old although the standby is up to date.
      query:
        'SELECT CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn() THEN coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) ELSE 0 END AS lag_seconds',
      metrics: [column('lag_seconds', 'GAUGE', 'Age of the newest change on a standby.')],
    },
  };
}
