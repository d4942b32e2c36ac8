import { styleText } from 'node:util';
import { z } from 'zod';
import { table } from '../cli/table.ts';
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

/** Prints firing and pending alerts. Exit code 1 if an alert fires. */
export async function showAlerts(environment: string, json: boolean): Promise<number> {
  const alerts = (await withStore(environment, 'prometheus', activeAlerts)).filter(
    ({ labels }) => labels.alertname !== watchdog,
  );
  const firing = alerts.filter(({ state }) => state === 'firing');
  process.stdout.write(`${json ? JSON.stringify(alerts, null, 2) : printAlerts(alerts)}\n`);
  return firing.length === 0 ? 0 : 1;
}

/** Alerts that Prometheus holds, firing or pending, the oldest first. */
export async function activeAlerts(store: Store): Promise<Alert[]> {
  const { data } = answer.parse(await jsonOf(store, '/api/v1/alerts'));
  return data.alerts.sort((a, b) => (a.activeAt < b.activeAt ? -1 : 1));
}

export function printAlerts(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return 'nothing fires';
  const rows = alerts.map(({ labels, annotations, state, activeAt }) => [
    state === 'firing' ? styleText('red', state) : styleText('yellow', state),
    labels.alertname ?? '',
    labels.severity ?? '',
    activeAt.slice(0, 19),
    annotations.summary ?? '',
  ]);
  const runbooks = new Set(alerts.flatMap(({ annotations }) => annotations.runbook ?? []));
  return [
    ...table(['STATE', 'ALERT', 'SEVERITY', 'SINCE', 'SUMMARY'], rows),
    ...(runbooks.size === 0 ? [] : ['', 'What to do:', ...[...runbooks].map((path) => `  ${path}`)]),
  ].join('\n');
}
