/** What became of a delivery. `aborted`: the connection ended before its body did. */
export type DeliveryOutcome =
  | 'requested'
  | 'ignored'
  | 'unreadable'
  | 'unsigned'
  | 'forged'
  | 'not-found'
  | 'wrong-method'
  | 'too-large'
  | 'failed'
  | 'aborted';

const counts = new Map<string, number>();

export function countDelivery(outcome: DeliveryOutcome): void {
  add(`receiver_deliveries_total{outcome="${outcome}"}`);
}

export function countStatus(outcome: 'posted' | 'failed'): void {
  add(`receiver_statuses_total{outcome="${outcome}"}`);
}

function add(key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The counters in the text format of Prometheus. */
export function metricsText(): string {
  const help = {
    receiver_deliveries_total: 'Deliveries of the webhook of the forge, by what became of them.',
    receiver_statuses_total: 'Statuses of commits that were sent to the forge, by what became of them.',
  };
  return Object.entries(help)
    .flatMap(([name, text]) => [
      `# HELP ${name} ${text}`,
      `# TYPE ${name} counter`,
      ...[...counts]
        .filter(([key]) => key.startsWith(`${name}{`))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key} ${value}`),
    ])
    .join('\n')
    .concat('\n');
}
