/** A short reason why a request failed: the cause of fetch's error `fetch failed`. */
export function whyFailed(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  return cause instanceof Error ? whyFailed(cause) : error.message || error.name;
}
