import type { Route } from '../../kit/route.ts';
import type { JobQueue } from './job-queue.ts';
import * as schemas from './schemas.ts';

const ofQueue = '/v1/queues/{queue}';
const ofJob = `${ofQueue}/jobs/{id}`;
const ofSchedule = `${ofQueue}/schedules/{key}`;

/** The job that an answer of `enqueue` names. */
const madeJob = { queue: '$request.path.queue', id: '$response.body#/id' };

export const routes: readonly Route<JobQueue>[] = [
  {
    method: 'get',
    path: '/v1/queues',
    id: 'listQueues',
    summary: 'Lists queues, with the number of jobs in each state.',
    answer: schemas.queueList,
    run: async (queue, { call }) => ({ queues: await queue.queues(call) }),
  },
  {
    method: 'post',
    path: `${ofQueue}/jobs`,
    id: 'enqueue',
    summary: 'Enqueues a job. Creates the queue if it does not exist.',
    body: schemas.newJob,
    answer: schemas.enqueued,
    leadsTo: { getJob: madeJob, cancelJob: madeJob, retryJob: madeJob },
    run: (queue, { call, path, body }) => queue.enqueue(call, path.queue ?? '', body),
  },
  {
    method: 'get',
    path: `${ofQueue}/jobs`,
    id: 'listJobs',
    summary: 'Lists jobs of a queue, newest first.',
    query: schemas.listQuery,
    answer: schemas.jobList,
    run: (queue, { call, path, query }) => queue.list(call, path.queue ?? '', query),
  },
  {
    method: 'get',
    path: ofJob,
    id: 'getJob',
    summary: 'One job.',
    answer: schemas.job,
    run: (queue, { call, path }) => queue.get(call, path.queue ?? '', path.id ?? ''),
  },
  {
    method: 'post',
    path: `${ofJob}/retry`,
    id: 'retryJob',
    summary: 'Retries a dead or cancelled job.',
    answer: schemas.job,
    run: (queue, { call, path }) => queue.retry(call, path.queue ?? '', path.id ?? ''),
  },
  {
    method: 'post',
    path: `${ofJob}/cancel`,
    id: 'cancelJob',
    summary: 'Cancels a waiting job.',
    answer: schemas.job,
    run: (queue, { call, path }) => queue.cancel(call, path.queue ?? '', path.id ?? ''),
  },
  {
    method: 'get',
    path: '/v1/schedules',
    id: 'listSchedules',
    summary: 'Schedules.',
    answer: schemas.scheduleList,
    run: async (queue, { call }) => ({ schedules: await queue.schedules(call) }),
  },
  {
    method: 'put',
    path: ofSchedule,
    id: 'putSchedule',
    summary: 'Enqueues a job on a schedule; replaces the schedule with the same key.',
    body: schemas.newSchedule,
    answer: schemas.scheduled,
    run: (queue, { call, path, body }) => queue.putSchedule(call, path.queue ?? '', path.key ?? '', body),
  },
  {
    method: 'delete',
    path: ofSchedule,
    id: 'deleteSchedule',
    summary: 'Deletes a schedule.',
    run: (queue, { call, path }) => queue.deleteSchedule(call, path.queue ?? '', path.key ?? ''),
  },
];
