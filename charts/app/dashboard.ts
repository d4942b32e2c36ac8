import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { databasesOf } from '../../model/schema/database.ts';
import { databasePanels } from '../database/dashboard.ts';
import { namespaceOf } from '../kube/names.ts';
import {
  type DashboardFile,
  dashboard,
  lineRates,
  lines,
  marks,
  plot,
  rateWindow,
  row,
} from '../observability/dashboards.ts';
import { queries, queueApp } from '../observability/queries.ts';

/** The dashboard of one app: requests, resources, database, jobs, certificates and log lines, with a mark for each release. */
export function appDashboard(env: Environment, app: EnvironmentApp): DashboardFile {
  const { name } = app;
  const page = dashboard(name, name, app.summary);
  page.annotation(marks('Releases', 'Release {{image_tag}}', queries.app(name).started()));
  requests(page, app);
  saturation(page, name);
  if (databasesOf(env).some((database) => database.app === name)) databasePanels(page, name);
  if (name === queueApp || app.uses.some((use) => use.kind === 'app' && use.app === queueApp)) queue(page);
  certificates(page, name);
  logs(page, app);
  return { folder: 'Apps', name, dashboard: page.build() };
}

function requests(page: DashboardBuilder, { name, objective }: EnvironmentApp): void {
  const query = queries.app(name);
  page
    .withRow(row('Requests'))
    .withPanel(
      plot('Rate', 'Requests that the app served, by kind.', 'reqps', [
        [query.requests(rateWindow), '{{span_name}}'],
      ]),
    )
    .withPanel(
      plot('Errors', 'Share of requests that failed.', 'percentunit', [[query.failed(rateWindow), 'failed']]),
    )
    .withPanel(
      plot(
        'Duration',
        'Latency of 50, 95 and 99 % of the requests. A diamond is one request and links to its trace.',
        's',
        [
          [query.median(rateWindow), '50 %'],
          [query.slow(rateWindow), '95 %'],
          [query.slowest(rateWindow), '99 %'],
        ],
        { exemplars: true },
      ),
    )
    .withPanel(
      plot(
        'Calls to others',
        "Latency of the app's own calls, including databases: 95th percentile.",
        's',
        [[query.outgoing(rateWindow), '{{span_name}}']],
        { span: objective === undefined ? 24 : 12, exemplars: true },
      ),
    );
  if (objective === undefined) return;
  const bad = queries.objective(name);
  page.withPanel(
    plot(
      'Objective',
      `Bad requests: failed or slower than ${objective.within}. The error budget is ${budget(objective.success)} of all requests.`,
      'percentunit',
      [
        [bad.bad1h(), 'in an hour'],
        [bad.bad6h(), 'in six hours'],
        [bad.bad3d(), 'in three days'],
      ],
      { span: 12 },
    ),
  );
}

function budget(success: number): string {
  return `${Number((100 - success).toFixed(4))} %`;
}

function saturation(page: DashboardBuilder, name: string): void {
  const query = queries.app(name);
  page
    .withRow(row('Saturation'))
    .withPanel(
      plot(
        'Processor',
        'Cores in use, and the reservation of a pod. There is no limit.',
        'short',
        [
          [query.cpu(rateWindow), '{{pod}}'],
          [query.cpuReserved(), 'reserved'],
        ],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Memory',
        'Memory in use, and the limit at which the kernel kills the process.',
        'bytes',
        [
          [query.memory(), '{{pod}}'],
          [query.memoryLimit(), 'limit'],
        ],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Pods',
        'Ready pods, and desired pods.',
        'short',
        [
          [query.pods(), '{{deployment}}{{statefulset}} ready'],
          [query.podsWanted(), '{{deployment}}{{statefulset}} wanted'],
        ],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Restarts',
        'Restarts of each container since its pod started.',
        'short',
        [[query.restarts(), '{{pod}} {{container}}']],
        { span: 6 },
      ),
    );
}

function queue(page: DashboardBuilder): void {
  const query = queries.queue;
  page
    .withRow(row('Jobs'))
    .withPanel(
      plot('Enqueued', 'Jobs per second.', 'ops', [[query.enqueued(rateWindow), '{{queue}}']], {
        span: 6,
      }),
    )
    .withPanel(
      plot(
        'Attempts',
        'Ended jobs per second, by outcome.',
        'ops',
        [[query.attempts(rateWindow), '{{queue}} {{outcome}}']],
        { span: 6 },
      ),
    )
    .withPanel(
      plot(
        'Wait',
        'Time from the scheduled start of a job until a worker takes it: 95th percentile.',
        's',
        [[query.pickUp(rateWindow), '{{queue}}']],
        { span: 6 },
      ),
    )
    .withPanel(
      plot('Work', 'Duration of a job: 95th percentile.', 's', [[query.attempt(rateWindow), '{{queue}}']], {
        span: 6,
      }),
    );
}

function certificates(page: DashboardBuilder, name: string): void {
  page
    .withRow(row('Certificates'))
    .withPanel(
      plot(
        'Time left',
        'Time until each certificate in the namespace expires. It is renewed long before.',
        's',
        [[queries.app(name).certificates(), '{{name}}']],
        { span: 24 },
      ),
    );
}

function logs(page: DashboardBuilder, app: EnvironmentApp): void {
  const selector = `{k8s_namespace_name="${namespaceOf(app)}"}`;
  page
    .withRow(row('Log lines'))
    .withPanel(lineRates('By level', 'Lines per second.', selector))
    .withPanel(lines('Newest', 'A line with a trace id has a button that opens the trace.', selector));
}
