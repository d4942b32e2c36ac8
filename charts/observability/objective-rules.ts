import type { Environment } from '../../model/graph.ts';
import { durationBounds, type Objective } from '../../model/schema/objective.ts';
import { namespaceOf } from '../kube/names.ts';
import { requestCommands } from './evidence.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';

/** Seconds for which the alerts of a new objective tell nobody. */
export const burnInSeconds = 7 * 86_400;

/** Label of an alert that notifies nobody yet. */
export const burnInLabel = 'burn_in';

/**
 * Alerts on the burn rate of a four-week error budget. Each has two windows: the long one avoids false alarms, the short one ends the
 * alert soon after the fault ("The Site Reliability Workbook", chapter 5, 'Multiwindow, Multi-Burn-Rate Alerts', table 5-8).
 */
const burns = [
  { severity: 'page', factor: 14.4, long: '1h', short: '5m' },
  { severity: 'page', factor: 6, long: '6h', short: '30m' },
  { severity: 'ticket', factor: 3, long: '1d', short: '2h' },
  { severity: 'ticket', factor: 1, long: '3d', short: '6h' },
] as const;

/** Minimum number of bad requests in the long window, so that one error at night does not page. */
const floor = 10;

/** Rules of an app's objective: how many requests were bad, since when it is promised, and the alerts. */
export function objectiveRules(
  env: Pick<Environment, 'name' | 'cluster'>,
  app: string,
  objective: Objective,
): PrometheusRule[] {
  const { success, within } = objective;
  const promise = `${success} % within ${within}`;
  const budget = Number((1 - success / 100).toFixed(6));
  return [
    ...badRequests(app, objective),
    ...burnIn(app, promise),
    ...burns.map(({ severity, factor, long, short }): PrometheusRule => {
      const over = (window: string) =>
        `app:bad_requests:ratio${window}{app="${app}"} > ${Number((factor * budget).toFixed(6))}`;
      const burning = `(${over(long)} and ${over(short)} and app:bad_requests:increase${long}{app="${app}"} >= ${floor})`;
      const rule = alert('ErrorBudgetBurns', severity, {
        // The second factor is 1. It adds the label by which Alertmanager notifies nobody.
        expr: `${burning} * on (app) group_left (${burnInLabel}) app:objective:burn_in{app="${app}",objective="${promise}"}`,
        summary: `${app}: the error budget burned more than ${factor} times too fast over ${long} (objective: ${promise}).`,
        evidence: evidence(env, app, long),
      });
      return { ...rule, labels: { ...rule.labels, app, window: long } };
    }),
    unmeasured(app),
  ];
}

/**
 * What a person asks first (Prometheus, 'Template reference', `query`): which request failed most, whether there is a new release, and the
 * commands for a trace, log lines and groups of errors.
 */
function evidence(env: Pick<Environment, 'name' | 'cluster'>, app: string, window: string): string {
  const failed = `topk(1, sum by (span_name) (increase(traces_span_metrics_calls_total{service_name="${app}",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_ERROR"}[${window}])) > 0)`;
  const ready = (offset: string) =>
    `max by (image_tag) (k8s_container_ready{namespace="${namespaceOf({ name: app })}",container="${app}"}${offset})`;
  const released = `${ready('')} unless ${ready(' offset 1d')}`;
  return [
    `Failed most: {{ with query \`${failed}\` }}{{ . | first | label "span_name" }}, {{ . | first | value | printf "%.0f" }} times{{ else }}none; requests were slow{{ end }}`,
    `Released in the last day: {{ range $i, $each := query \`${released}\` }}{{ if $i }}, {{ end }}{{ $each.Labels.image_tag }}{{ else }}nothing{{ end }}`,
    ...requestCommands(env, app, window),
  ].join('\n');
}

function badRequests(app: string, { within }: Objective): PrometheusRule[] {
  const spans = (name: string, more: string, window: string) =>
    `sum(increase(traces_span_metrics_duration_seconds_${name}{service_name="${app}",span_kind="SPAN_KIND_SERVER"${more}}[${window}]))`;
  const good = `,status_code!="STATUS_CODE_ERROR",le="${durationBounds[within]}"`;
  const all = (window: string) => spans('count', '', window);
  // If no request was good, the series does not exist.
  const bad = (window: string) => `(${all(window)} - (${spans('bucket', good, window)} or vector(0)))`;
  const windows = [...new Set(burns.flatMap(({ long, short }) => [long, short]))];
  return windows.flatMap((window): PrometheusRule[] => [
    { record: `app:bad_requests:increase${window}`, expr: bad(window), labels: { app } },
    {
      record: `app:bad_requests:ratio${window}`,
      expr: `${bad(window)} / (${all(window)} > 0)`,
      labels: { app },
    },
  ]);
}

/**
 * When the objective was first seen, in seconds, and whether that is less than a week ago. Each evaluation copies the time from the one
 * before; Prometheus may be away for three days without a new week. Another objective begins its own week.
 */
function burnIn(app: string, objective: string): PrometheusRule[] {
  const since = `app:objective:since{app="${app}",objective="${objective}"}`;
  const labels = { app, objective };
  const age = `time() - ${since}`;
  return [
    { record: 'app:objective:since', expr: `last_over_time(${since}[3d]) or on () vector(time())`, labels },
    {
      record: 'app:objective:burn_in',
      expr: `0 * (${age} < ${burnInSeconds}) + 1`,
      labels: { ...labels, [burnInLabel]: 'true' },
    },
    {
      record: 'app:objective:burn_in',
      expr: `0 * (${age} >= ${burnInSeconds}) + 1`,
      labels: { ...labels, [burnInLabel]: 'false' },
    },
  ];
}

/** Requests were counted during the week, and none for a day: what counts them is broken, or nobody reaches the app. */
function unmeasured(app: string): PrometheusRule {
  const counted = (window: string) => `count_over_time(app:requests:rate5m{app="${app}"}[${window}])`;
  const rule = alert('ObjectiveUnmeasured', 'ticket', {
    expr: `sum by (app) (${counted('7d')}) unless on (app) ${counted('1d')}`,
    summary: `${app}: no request was counted for a day, so that its objective says nothing.`,
  });
  return { ...rule, labels: { ...rule.labels, app } };
}
