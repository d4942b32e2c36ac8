import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import {
  type DashboardFile,
  dashboard,
  plot,
  rateWindow,
  row,
  value,
} from '../../charts/observability/dashboards.ts';
import { runs } from '../../charts/observability/observed.ts';
import { queries } from '../../charts/observability/queries.ts';
import type { Environment } from '../../model/graph.ts';

/** Nodes, all apps side by side, Flux, certificates, the gateway, the registry, and telemetry itself. */
export function platformDashboard(env: Environment): DashboardFile {
  const page = dashboard('Platform', 'platform', 'The platform below the apps.');
  glance(page, env);
  everybody(page);
  nodes(page);
  controlPlane(page);
  if (runs(env, 'flux')) flux(page);
  if (runs(env, 'traefik')) gateway(page);
  volumes(page);
  telemetry(page);
  return { folder: 'Platform', name: 'platform', dashboard: page.build() };
}

function glance(page: DashboardBuilder, env: Environment): void {
  page
    .withRow(row('Now'))
    .withPanel(
      value('Alerts', 'Firing alerts; their runbooks are in docs/runbooks.md.', 'short', [
        `count(${queries.telemetry.firing()}) or vector(0)`,
        'firing',
      ]),
    )
    .withPanel(
      value('Unreachable metrics', 'Pods whose metrics Prometheus cannot read.', 'short', [
        queries.telemetry.targetsDown(),
        'down',
      ]),
    )
    .withPanel(value('Nodes', '1: ready.', 'short', [queries.nodes.ready(), '{{node}}']));
  if (!runs(env, 'cert-manager')) return;
  page.withPanel(
    value('Certificates not issued', 'In all namespaces.', 'short', [
      queries.certificates.notReady(),
      'not ready',
    ]),
  );
}

/** One line for each app and operator. */
function everybody(page: DashboardBuilder): void {
  const { usage } = queries;
  page
    .withRow(row('Apps and operators'))
    .withPanel(
      plot('Requests', 'Requests served by each.', 'reqps', [
        [usage.requests(rateWindow), '{{service_name}}'],
      ]),
    )
    .withPanel(plot('Errors', 'A second.', 'reqps', [[usage.errors(rateWindow), '{{service_name}}']]))
    .withPanel(
      plot('Duration', '95th percentile.', 's', [[usage.slow(rateWindow), '{{service_name}}']], {
        exemplars: true,
      }),
    )
    .withPanel(plot('Processor', 'Cores.', 'short', [[usage.cpu(rateWindow), '{{namespace}}']], { span: 12 }))
    .withPanel(plot('Memory', 'In use.', 'bytes', [[usage.memory(), '{{namespace}}']], { span: 12 }));
}

function nodes(page: DashboardBuilder): void {
  const query = queries.nodes;
  page
    .withRow(row('Nodes'))
    .withPanel(
      plot('Processor', 'Share in use.', 'percentunit', [[query.cpu(rateWindow), '{{node}}']], { span: 6 }),
    )
    .withPanel(plot('Memory', 'Share in use.', 'percentunit', [[query.memory(), '{{node}}']], { span: 6 }))
    .withPanel(
      plot('Disks', 'Share in use.', 'percentunit', [[query.disk(), '{{node}} {{mountpoint}}']], { span: 6 }),
    )
    .withPanel(
      plot(
        'Pressure',
        'Share of time in which a process waited.',
        'percentunit',
        [
          [query.cpuPressure(rateWindow), '{{node}} processor'],
          [query.memoryPressure(rateWindow), '{{node}} memory'],
          [query.diskPressure(rateWindow), '{{node}} disk'],
        ],
        { span: 6 },
      ),
    );
}

function controlPlane(page: DashboardBuilder): void {
  const query = queries.controlPlane;
  page
    .withRow(row('Control plane'))
    .withPanel(plot('API requests', 'By verb.', 'reqps', [[query.requests(rateWindow), '{{verb}}']]))
    .withPanel(plot('API errors', 'By status.', 'reqps', [[query.failed(rateWindow), '{{code}}']]))
    .withPanel(
      plot('API requests in progress', 'At the same time.', 'short', [[query.open(), '{{request_kind}}']]),
    )
    .withPanel(plot('Memory of the API server', 'In use.', 'bytes', [[query.memory(), '{{node}}']]))
    .withPanel(
      plot('etcd', 'Mean duration of a request of the API server.', 's', [
        [query.etcdDuration(rateWindow), '{{node}}'],
      ]),
    )
    .withPanel(
      plot('Size of etcd', 'It takes no writes at 2 GiB.', 'bytes', [[query.etcdSize(), '{{node}}']]),
    );
}

function flux(page: DashboardBuilder): void {
  page
    .withRow(row('Flux'))
    .withPanel(
      plot(
        'Reconciliations',
        'Per second, by result.',
        'ops',
        [[queries.flux.reconciliations(rateWindow), '{{controller}} {{result}}']],
        { span: 12 },
      ),
    )
    .withPanel(
      plot('Duration', '95th percentile.', 's', [[queries.flux.slow(rateWindow), '{{controller}}']], {
        span: 12,
      }),
    );
}

function gateway(page: DashboardBuilder): void {
  page
    .withRow(row('Gateway'))
    .withPanel(
      plot('Requests', 'By listener and status.', 'reqps', [
        [queries.gateway.requests(rateWindow), '{{entrypoint}} {{code}}'],
      ]),
    )
    .withPanel(
      plot('Duration', '95th percentile.', 's', [[queries.gateway.slow(rateWindow), '{{entrypoint}}']]),
    )
    .withPanel(
      plot('Connections', 'Open connections.', 'short', [[queries.gateway.open(), '{{entrypoint}}']]),
    );
}

/** The registry and the Git server have no metrics: the panels show their volumes. */
function volumes(page: DashboardBuilder): void {
  page
    .withRow(row('Volumes'))
    .withPanel(
      plot(
        'In use',
        'Fill level of each volume, including databases, the registry and the Git server.',
        'percentunit',
        [[queries.volumes.used(), '{{namespace}} {{persistentvolumeclaim}}']],
        { span: 24 },
      ),
    );
}

function telemetry(page: DashboardBuilder): void {
  const query = queries.telemetry;
  page
    .withRow(row('Telemetry'))
    .withPanel(plot('Series', 'Series in Prometheus.', 'short', [[query.series(), 'series']], { span: 6 }))
    .withPanel(
      plot('Spans', 'Received per second.', 'ops', [[query.spans(rateWindow), '{{job}}']], { span: 6 }),
    )
    .withPanel(
      plot('Log lines', 'Received per second.', 'ops', [[query.lines(rateWindow), '{{job}}']], {
        span: 6,
      }),
    )
    .withPanel(
      plot(
        'Waiting to be sent',
        'Part of the queue of each exporter that is in use.',
        'percentunit',
        [[query.queued(), '{{job}} {{exporter}}']],
        { span: 6 },
      ),
    );
}
