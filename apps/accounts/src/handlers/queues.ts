import { status } from '@grpc/grpc-js';
import { Refusal } from '../../../kit/refusal.ts';
import { type Context, type Handlers, noteChange } from '../context.ts';
import type { JobQueues } from '../job-queues.ts';

/** For administrators of the platform: what `jobs` has to do and could not do. */
export const queueHandlers: Handlers<'listQueues' | 'listQueueJobs' | 'retryQueueJob'> = {
  listQueues: async (context) => ({ queues: await queuesOf(context).fetch() }),

  listQueueJobs: (context, { queue, state, pageSize, pageToken }) =>
    queuesOf(context).fetchJobs(queue, { state, pageSize, pageToken }),

  /** Written down first: were the queue to fail, the log tells of a try, and the administrator tries again. */
  retryQueueJob: async (context, { queue, job }) => {
    const queues = queuesOf(context);
    await noteChange(context, context.database, undefined, {
      ...{ action: 'job.retry', subject: `job:${queue}/${job}`, before: null, after: null },
    });
    return { job: await queues.retry(queue, job) };
  },
};

function queuesOf({ queues }: Pick<Context, 'queues'>): JobQueues {
  if (queues !== undefined) return queues;
  throw new Refusal(
    status.FAILED_PRECONDITION,
    "no queue runs beside accounts: write uses: [{ kind: 'app', app: 'jobs', port: 'grpc' }] in its app.ts",
    'no_queue',
  );
}
