import { styleText } from 'node:util';
import { z } from 'zod';
import { burnInLabel, burnInSeconds } from '../../charts/observability/objective-rules.ts';
import { table } from '../cli/table.ts';
import { instant } from './metrics.ts';
import { jsonOf, type Store, withStore } from './store.ts';

const answer = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        state: z.enum(['pending', 'firing', 'inactive']),
        activeAt: z.string(),
      }),
    ),
  }),
});

export type Alert = z.infer<typeof answer>['data']['alerts'][number];

/** The alert that always fires; if it is missing, alerting is broken. */
export const watchdog = 'Watchdog';

/** The alerts of a new objective, which notified nobody. */
export interface BurnIn {
  app: string;
  /** The objective, such as `99.5 % within 500ms`. */
  objective: string;
  /** RFC 3339: from then on its alerts tell people. */
  until: string;
  /** How often an alert of each severity began to fire. */
  fired: Record<string, number>;
}

/** Prints firing and pending alerts, and those of new objectives. Exit code 1 if an alert fires that notifies people. */
export async function showAlerts(environment: string, json: boolean): Promise<number> {
  const [all, burningIn] = await withStore(environment, 'prometheus', (store) =>
    Promise.all([activeAlerts(store), burnIns(store)]),
  );
  const alerts = all.filter(({ labels }) => labels.alertname !== watchdog);
  const firing = alerts.filter(({ state, labels }) => state === 'firing' && labels[burnInLabel] !== 'true');
  const text = json
    ? JSON.stringify({ alerts, burningIn }, null, 2)
    : [printAlerts(alerts), ...printBurnIns(burningIn)].join('\n');
  process.stdout.write(`${text}\n`);
  return firing.length === 0 ? 0 : 1;
}

/** Objectives in their first week, and how often their alerts fired. */
export async function burnIns(store: Store): Promise<BurnIn[]> {
  const isNew = `{${burnInLabel}="true"}`;
  const [since, began] = await Promise.all([
    instant(store, `app:objective:since and on (app, objective) app:objective:burn_in${isNew}`),
    // The value of ALERTS_FOR_STATE is the time at which the alert began: each further beginning changes it.
    instant(
      store,
      `sum by (app, severity) (1 + changes(ALERTS_FOR_STATE{alertname="ErrorBudgetBurns",${burnInLabel}="true"}[${burnInSeconds}s]))`,
    ),
  ]);
  return since.map(({ labels: { app = '', objective = '' }, value }) => ({
    app,
    objective,
    until: new Date((value + burnInSeconds) * 1_000).toISOString(),
    fired: Object.fromEntries(
      began
        .filter(({ labels }) => labels.app === app)
        .map(({ labels, value: times }) => [labels.severity ?? '', times]),
    ),
  }));
}

/** A line for each objective in its first week. */
export function printBurnIns(burningIn: readonly BurnIn[]): string[] {
  if (burningIn.length === 0) return [];
  const rows = burningIn.map(({ app, objective, until, fired }) => [
    app,
    objective,
    until.slice(0, 16),
    Object.entries(fired)
      .map(([severity, times]) => `${times} × ${severity}`)
      .join(', ') || 'nothing',
  ]);
  return ['', ...table(['NEW OBJECTIVE', 'PROMISE', 'TELLS NOBODY UNTIL', 'WOULD HAVE SENT'], rows)];
}

/** Alerts that Prometheus holds, firing or pending, the oldest first. */
export async function activeAlerts(store: Store): Promise<Alert[]> {
  const { data } = answer.parse(await jsonOf(store, '/api/v1/alerts'));
  return data.alerts.sort((a, b) => (a.activeAt < b.activeAt ? -1 : 1));
}

export function printAlerts(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return 'nothing fires';
  const rows = alerts.map(({ labels, annotations, state, activeAt }) => [
    labels[burnInLabel] === 'true'
      ? styleText('yellow', 'burns in')
      : styleText(state === 'firing' ? 'red' : 'yellow', state),
    labels.alertname ?? '',
    labels.severity ?? '',
    activeAt.slice(0, 19),
    annotations.summary ?? '',
  ]);
  const runbooks = new Set(alerts.flatMap(({ annotations }) => annotations.runbook ?? []));
  const evidence = alerts.flatMap(({ annotations }) =>
    annotations.evidence === undefined
      ? []
      : ['', annotations.summary ?? '', ...annotations.evidence.split('\n').map((line) => `  ${line}`)],
  );
  return [
    ...table(['STATE', 'ALERT', 'SEVERITY', 'SINCE', 'SUMMARY'], rows),
    ...evidence,
    ...(runbooks.size === 0 ? [] : ['', 'What to do:', ...[...runbooks].map((path) => `  ${path}`)]),
  ].join('\n');
}
