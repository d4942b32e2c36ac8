import { ask } from '../../apps/kit/client.ts';
import { JobState, JobsServiceClient } from '../../apps/kit/generated/jobs.ts';
import { call } from '../call/call-service.ts';
import type { CallOptions } from '../call/connection.ts';
import { type JobStateName, jobStateNamed, jobText, queueText, scheduleText } from './text.ts';

/** Options of every call. */
export type JobsOptions = CallOptions & { json?: boolean };

/** Calls the queue and prints its answer, as text or as JSON. */
function callJobs<T>(
  options: JobsOptions,
  work: (client: JobsServiceClient) => Promise<T>,
  text: (answer: T) => string | string[],
): Promise<void> {
  return call('jobs', JobsServiceClient, options, work, text);
}

export function listQueues(options: JobsOptions): Promise<void> {
  return callJobs(options, async (client) => (await ask(client, client.listQueues, {})).queues, queueText);
}

export function enqueue(
  queue: string,
  payload: Record<string, unknown>,
  options: JobsOptions & { key: string; priority: number; at?: Date; retries?: number },
): Promise<void> {
  const { key: idempotencyKey, priority, at: runAt, retries } = options;
  const retry = retries === undefined ? undefined : { limit: retries };
  return callJobs(
    options,
    (client) => ask(client, client.enqueue, { queue, payload, idempotencyKey, priority, runAt, retry }),
    ({ id, duplicate }) => `${id}${duplicate ? '  (existed already)' : ''}`,
  );
}

export function listJobs(
  queue: string,
  options: JobsOptions & { state?: JobStateName; limit: number },
): Promise<void> {
  const state = options.state === undefined ? JobState.JOB_STATE_UNSPECIFIED : jobStateNamed(options.state);
  return callJobs(
    options,
    async (client) =>
      (await ask(client, client.listJobs, { queue, state, pageSize: options.limit, pageToken: '' })).jobs,
    jobText,
  );
}

/** Reads, retries or cancels one job. */
export function callJob(
  action: 'get' | 'retry' | 'cancel',
  queue: string,
  id: string,
  options: JobsOptions,
): Promise<void> {
  return callJobs(
    options,
    async (client) => {
      const method = { get: client.getJob, retry: client.retryJob, cancel: client.cancelJob }[action];
      return (await ask(client, method, { queue, id })).job;
    },
    (job) => jobText(job ? [job] : []),
  );
}

export function listSchedules(options: JobsOptions): Promise<void> {
  return callJobs(
    options,
    async (client) => (await ask(client, client.listSchedules, {})).schedules,
    scheduleText,
  );
}

export function putSchedule(
  queue: string,
  cron: string,
  payload: Record<string, unknown>,
  options: JobsOptions & { key: string; timeZone: string },
): Promise<void> {
  const { key, timeZone } = options;
  return callJobs(
    options,
    (client) => ask(client, client.putSchedule, { schedule: { queue, key, cron, timeZone, payload } }),
    ({ nextRunAt }) => `next: ${nextRunAt?.toISOString()}`,
  );
}

export function deleteSchedule(queue: string, options: JobsOptions & { key: string }): Promise<void> {
  return callJobs(
    options,
    (client) => ask(client, client.deleteSchedule, { queue, key: options.key }),
    () => 'deleted',
  );
}
