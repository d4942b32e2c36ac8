const counts = new Map<string, number>();

/** Outcomes of requests to apps: forwarded, or the reason of the refusal. */
export type RequestOutcome =
  | 'passed'
  | 'sent-to-sign-in'
  | 'unauthorized'
  | 'foreign-origin'
  | 'looped'
  | 'unavailable'
  | 'needs-revalidation'
  | 'revalidated';

export function count(app: string, outcome: RequestOutcome): void {
  const key = `sign_in_requests_total{app="${app}",outcome="${outcome}"}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The counters in the text format of Prometheus. */
export function metricsText(): string {
  const lines = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key} ${value}`);
  return [
    '# HELP sign_in_requests_total Requests of visitors to apps that need a sign-in, by what became of them.',
    '# TYPE sign_in_requests_total counter',
    ...lines,
    '',
  ].join('\n');
}
