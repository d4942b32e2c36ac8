import { type ServiceError, status } from '@grpc/grpc-js';
import { ask, clientCredentials, clientOptions } from '../../kit/client.ts';
import { type Job, JobState, JobsServiceClient } from '../../kit/generated/jobs.ts';
import { IdentityFolder } from '../../kit/identity.ts';
import { Refusal } from '../../kit/refusal.ts';
import { required } from '../../kit/service.ts';
import type { Queue, QueueJob } from './schemas.ts';

/** The queues of `jobs`, which names this service among its OVERSEERS. */
export interface JobQueues {
  fetch(): Promise<Queue[]>;
  /** Newest first. `state`: of the jobs; undefined: each. */
  fetchJobs(
    queue: string,
    page: { state: QueueJob['state'] | undefined; pageSize: number; pageToken: string },
  ): Promise<{ jobs: QueueJob[]; nextPageToken: string }>;
  retry(queue: string, job: string): Promise<QueueJob>;
  close(): void;
}

const states = {
  queued: JobState.JOB_STATE_QUEUED,
  active: JobState.JOB_STATE_ACTIVE,
  retry: JobState.JOB_STATE_RETRY,
  completed: JobState.JOB_STATE_COMPLETED,
  cancelled: JobState.JOB_STATE_CANCELLED,
  dead: JobState.JOB_STATE_DEAD,
} as const satisfies Record<QueueJob['state'], JobState>;

/** Undefined without the variables of the edge to `jobs`. */
export function jobQueuesFrom(env: NodeJS.ProcessEnv): JobQueues | undefined {
  if (env.JOBS_ADDRESS === undefined) return undefined;
  const identity = new IdentityFolder(required(env, 'JOBS_IDENTITY_DIR'));
  const client = new JobsServiceClient(env.JOBS_ADDRESS, clientCredentials(identity), clientOptions);
  return {
    fetch: () => handedOn(async () => (await ask(client, client.listQueues, {})).queues),
    fetchJobs: (queue, { state, pageSize, pageToken }) =>
      handedOn(async () => {
        const wanted = state === undefined ? JobState.JOB_STATE_UNSPECIFIED : states[state];
        const page = { queue, state: wanted, pageSize, pageToken };
        const { jobs, nextPageToken } = await ask(client, client.listJobs, page);
        return { jobs: jobs.map(jobFrom), nextPageToken };
      }),
    retry: (queue, id) =>
      handedOn(async () => {
        const { job } = await ask(client, client.retryJob, { queue, id });
        if (job === undefined) throw new Error('jobs answers without a job');
        return jobFrom(job);
      }),
    close: () => {
      client.close();
      identity.close();
    },
  };
}

/** Refusals of what was asked are handed on; anything else means that the queue does not work. */
async function handedOn<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isServiceError(error)) throw error;
    const ofCaller = [status.NOT_FOUND, status.INVALID_ARGUMENT, status.FAILED_PRECONDITION];
    if (ofCaller.includes(error.code)) throw new Refusal(error.code, error.details);
    throw new Refusal(status.UNAVAILABLE, `the queue does not answer: ${error.details}`);
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'metadata' in error;
}

function jobFrom({ id, state, attempts, attemptsMax, createdAt, finishedAt, output }: Job): QueueJob {
  const found = Object.entries(states).find(([, number]) => number === state);
  if (found === undefined || createdAt === undefined) throw new Error(`jobs answers with the state ${state}`);
  const message: unknown = output?.message;
  return {
    ...{ id, state: found[0] as QueueJob['state'], attempts, attemptsMax },
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    failure: typeof message === 'string' ? message : '',
  };
}
