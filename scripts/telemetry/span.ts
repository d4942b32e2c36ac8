/** One step of a trace. */
export interface Span {
  id: string;
  parent?: string;
  service: string;
  name: string;
  /** Microseconds since 1970. */
  start: number;
  /** Microseconds. */
  duration: number;
  failed: boolean;
  attributes: Record<string, unknown>;
}

/** A trace: the spans of one request through the services. */
export interface Trace {
  id: string;
  /** Spans in the order of their start. */
  spans: Span[];
}

/** From the first start to the last end, in microseconds. */
export function lengthOf({ spans }: Trace): number {
  // No spread operator: a trace can have 50,000 spans.
  const begin = spans.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
  const end = spans.reduce((most, { start, duration }) => Math.max(most, start + duration), 0);
  return spans.length === 0 ? 0 : end - begin;
}

/** Formats microseconds for people. */
export function milliseconds(microseconds: number): string {
  if (microseconds < 10_000) return `${(microseconds / 1_000).toFixed(2)} ms`;
  if (microseconds < 1_000_000) return `${(microseconds / 1_000).toFixed(0)} ms`;
  return `${(microseconds / 1_000_000).toFixed(2)} s`;
}
