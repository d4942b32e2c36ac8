import {
  type Job as JobMessage,
  JobState,
  type JobsServiceServer,
  type RetryPolicy,
  type Schedule as ScheduleMessage,
} from '../../kit/generated/jobs.ts';
import { unary } from '../../kit/unary.ts';
import type { JobQueue } from './job-queue.ts';
import type { Job, Schedule, states } from './schemas.ts';

const stateNumbers = {
  queued: JobState.JOB_STATE_QUEUED,
  active: JobState.JOB_STATE_ACTIVE,
  retry: JobState.JOB_STATE_RETRY,
  completed: JobState.JOB_STATE_COMPLETED,
  cancelled: JobState.JOB_STATE_CANCELLED,
  dead: JobState.JOB_STATE_DEAD,
} as const satisfies Record<(typeof states)[number], JobState>;

/** The gRPC API of the queue. `work` handles the worker's stream. */
export function grpcFace(queue: JobQueue, work: JobsServiceServer['work']): JobsServiceServer {
  return {
    work,
    enqueue: unary(async (request, call) =>
      queue.enqueue(call, request.queue, {
        payload: request.payload ?? {},
        priority: request.priority,
        ...(request.idempotencyKey === '' ? {} : { idempotencyKey: request.idempotencyKey }),
        ...(request.runAt ? { runAt: timeText(request.runAt) } : {}),
        ...(request.retry ? { retry: retryFrom(request.retry) } : {}),
        ...(request.timeoutSeconds === undefined ? {} : { timeoutSeconds: request.timeoutSeconds }),
      }),
    ),
    getJob: unary(async (request, call) => ({
      job: jobMessage(await queue.get(call, request.queue, request.id)),
    })),
    listJobs: unary(async (request, call) => {
      // An unknown number of a state is refused, with the number in the message.
      const state =
        Object.entries(stateNumbers).find(([, number]) => number === request.state)?.[0] ??
        (request.state === JobState.JOB_STATE_UNSPECIFIED ? undefined : String(request.state));
      const { jobs, nextPageToken } = await queue.list(call, request.queue, {
        ...(state === undefined ? {} : { state }),
        ...(request.pageSize === 0 ? {} : { pageSize: request.pageSize }),
        ...(request.pageToken === '' ? {} : { pageToken: request.pageToken }),
      });
      return { jobs: jobs.map(jobMessage), nextPageToken: nextPageToken ?? '' };
    }),
    retryJob: unary(async (request, call) => ({
      job: jobMessage(await queue.retry(call, request.queue, request.id)),
    })),
    cancelJob: unary(async (request, call) => ({
      job: jobMessage(await queue.cancel(call, request.queue, request.id)),
    })),
    listQueues: unary(async (_request, call) => ({ queues: await queue.queues(call) })),
    putSchedule: unary(async ({ schedule }, call) => {
      const { nextRunAt, ...made } = await queue.putSchedule(
        call,
        schedule?.queue ?? '',
        schedule?.key ?? '',
        {
          cron: schedule?.cron ?? '',
          payload: schedule?.payload ?? {},
          ...(schedule?.timeZone ? { timeZone: schedule.timeZone } : {}),
        },
      );
      return { schedule: scheduleMessage(made), nextRunAt: new Date(nextRunAt) };
    }),
    listSchedules: unary(async (_request, call) => ({
      schedules: (await queue.schedules(call)).map(scheduleMessage),
    })),
    deleteSchedule: unary(async (request, call) => {
      await queue.deleteSchedule(call, request.queue, request.key);
      return {};
    }),
  };
}

export function jobMessage(job: Job): JobMessage {
  const { state, createdAt, runAt, startedAt, finishedAt, output } = job;
  return {
    ...job,
    state: stateNumbers[state],
    createdAt: new Date(createdAt),
    runAt: new Date(runAt),
    startedAt: startedAt === null ? undefined : new Date(startedAt),
    finishedAt: finishedAt === null ? undefined : new Date(finishedAt),
    output: output === null || typeof output !== 'object' || Array.isArray(output) ? undefined : output,
  };
}

function scheduleMessage({ queue, key, cron, timeZone, payload }: Schedule): ScheduleMessage {
  return { queue, key, cron, timeZone, payload };
}

/** A Timestamp can be outside of the range of Date. */
function timeText(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'out of range' : time.toISOString();
}

function retryFrom({ limit, delaySeconds, delayMaxSeconds }: RetryPolicy) {
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(delaySeconds === undefined ? {} : { delaySeconds }),
    ...(delayMaxSeconds === undefined ? {} : { delayMaxSeconds }),
  };
}
