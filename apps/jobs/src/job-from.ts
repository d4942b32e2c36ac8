import type { JobWithMetadata } from 'pg-boss';
import { type Job, type states, traceKey } from './schemas.ts';

/** A job in the form of the API. */
export function jobFrom(found: JobWithMetadata): Job {
  const { [traceKey]: traceparent, ...payload } = record(found.data);
  return {
    id: found.id,
    queue: found.name,
    payload,
    state: stateFrom(found.state),
    priority: found.priority,
    attempts: found.startedOn === null ? 0 : found.retryCount + 1,
    attemptsMax: found.retryLimit + 1,
    createdAt: found.createdOn.toISOString(),
    runAt: found.startAfter.toISOString(),
    startedAt: found.startedOn?.toISOString() ?? null,
    finishedAt: found.completedOn?.toISOString() ?? null,
    output: (found.output ?? null) as Job['output'],
    traceparent: typeof traceparent === 'string' ? traceparent : '',
  };
}

export function stateFrom(state: JobWithMetadata['state']): (typeof states)[number] {
  if (state === 'created') return 'queued';
  return state === 'failed' ? 'dead' : state;
}

/** JSON stored by pg-boss. */
export function record(data: object | null | undefined): Job['payload'] {
  return (data ?? {}) as Job['payload'];
}
