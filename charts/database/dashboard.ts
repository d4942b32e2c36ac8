import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { plot, rateWindow, row } from '../observability/dashboards.ts';
import { queries } from '../observability/queries.ts';

/** Adds the panels of an app's database to its dashboard. */
export function databasePanels(dashboard: DashboardBuilder, app: string): void {
  const query = queries.database(app);
  dashboard.withRow(row('Database'));
  workPanels(dashboard, query);
  storagePanels(dashboard, query);
}

type Queries = ReturnType<typeof queries.database>;

function workPanels(dashboard: DashboardBuilder, query: Queries): void {
  dashboard
    .withPanel(
      plot('Instances', '1: PostgreSQL answers on this pod.', 'short', [[query.up(), '{{pod}}']], {
        span: 6,
      }),
    )
    .withPanel(
      plot(
        'Connections',
        'Connections by state, and the maximum.',
        'short',
        [
          [query.connections(), '{{pod}} {{state}}'],
          [query.connectionsLimit(), 'limit'],
        ],
        { span: 9 },
      ),
    )
    .withPanel(
      plot(
        'Transactions',
        'A second.',
        'ops',
        [
          [query.commits(rateWindow), '{{pod}} committed'],
          [query.rollbacks(rateWindow), '{{pod}} rolled back'],
          [query.deadlocks(rateWindow), '{{pod}} deadlocks'],
        ],
        { span: 9 },
      ),
    )
    .withPanel(
      plot(
        'Statements with the most time',
        'Seconds per second, by the first line of the statement. Log lines with `duration:` have the same fingerprint as query_id.',
        's',
        [[query.statements(rateWindow), '{{statement}} {{fingerprint}}']],
        { span: 12 },
      ),
    );
}

function storagePanels(dashboard: DashboardBuilder, query: Queries): void {
  dashboard
    .withPanel(
      plot(
        'Cache hits',
        'Share of blocks that were not read from the disk.',
        'percentunit',
        [[query.cacheHits(rateWindow), '{{pod}}']],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Size',
        'Size of the database, without its write-ahead log.',
        'bytes',
        [[query.size(), 'database']],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Replication',
        'Age of the newest change on a standby.',
        's',
        [[query.replicationLag(), '{{pod}}']],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Age of the newest backup',
        'Empty if cluster.yaml has no databases.backups.',
        's',
        [[query.backupAge(), 'backup']],
        { span: 6 },
      ),
    );
}
