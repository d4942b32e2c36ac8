/** The ConfigMap of resolved errors, beside the store of their lines. No manifest has it: Flux leaves it alone. */
export const resolvedErrorsMap = { namespace: 'victoria-logs', name: 'resolved-errors' } as const;

/** When somebody resolved an error; a value of the ConfigMap, as JSON. */
export interface Resolved {
  /** RFC 3339. */
  at: string;
}

/** `new`: nobody resolved it. `resolved`: no line since. `regressed`: lines since it was resolved. */
export type ErrorState = 'new' | 'resolved' | 'regressed';

/** The state of an error whose newest line is of `last` (RFC 3339). */
export function stateOf(last: string, resolved: Resolved | undefined): ErrorState {
  if (resolved === undefined) return 'new';
  return Date.parse(last) > Date.parse(resolved.at) ? 'regressed' : 'resolved';
}
