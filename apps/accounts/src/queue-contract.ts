import { z } from 'zod';
import type { Contract } from './access.ts';
import * as schemas from './schemas.ts';

const ofQueue = z.strictObject({ queue: schemas.queueName });
const at = '/v1/platform/queues';

/** Operations for administrators of the platform on the queues of `jobs`. */
export const queueContract = {
  listQueues: {
    method: 'get',
    path: at,
    summary: 'Queues of every app, with the number of jobs in each state.',
    access: 'administrator',
    input: z.strictObject({}),
    answer: z.object({ queues: z.array(schemas.queue) }),
  },
  listQueueJobs: {
    method: 'get',
    path: `${at}/{queue}/jobs`,
    summary: 'Jobs of a queue without what they work with, newest first.',
    access: 'administrator',
    input: ofQueue.extend({
      state: schemas.jobState.optional().describe('Default: jobs in each state.'),
      pageSize: schemas.pageSize(200),
      // A token of `jobs`, which checks it.
      pageToken: z.string().max(500).default(''),
    }),
    answer: z.object({ jobs: z.array(schemas.queueJob), nextPageToken: schemas.nextPageToken }),
  },
  retryQueueJob: {
    method: 'post',
    path: `${at}/{queue}/jobs/{job}/retry`,
    summary: 'Retries a dead or cancelled job.',
    access: 'administrator',
    input: ofQueue.extend({ job: schemas.jobId }),
    answer: z.object({ job: schemas.queueJob }),
  },
} as const satisfies Record<string, Contract>;
