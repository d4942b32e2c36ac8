import { Failure } from '../cli/failure.ts';

/** Identifiers of traces, of 16 bytes, and of 8 from older programs. The stores find no trace by a part of it. */
export const traceId = /^[0-9a-f]{16,32}$/i;

/** A search for traces, in the words of no store. */
export interface TraceSearch {
  service: string;
  /** Seconds back from now. */
  sinceSeconds: number;
  limit: number;
  /** Only traces with a failed span. */
  failed: boolean;
}

/** The error for an unknown trace. */
export function missingTrace(id: string): Failure {
  return new Failure(
    `there is no trace ${id}: it is older than 'retention.traces', or it was never sent.`,
    'Find one: npm run trace -- --slow APP',
  );
}
