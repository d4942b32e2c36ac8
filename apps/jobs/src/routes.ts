import type { Route } from '../../kit/route.ts';
import type { JobQueue } from './job-queue.ts';
import * as schemas from './schemas.ts';

const ofQueue = '/v1/queues/{queue}';
const ofJob = `${ofQueue}/jobs/{id}`;
const ofSchedule = `${ofQueue}/schedules/{key}`;

export const routes: readonly Route<JobQueue>[] = [
  {
    method: 'get',
    path: '/v1/queues',
    id: 'listQueues',
    summary: 'Queues, and how many of their jobs are in which state.',
    answer: schemas.queueList,
    run: async (queue, { call }) => ({ queues: await queue.queues(call) }),
  },
  {
    method: 'post',
    path: `${ofQueue}/jobs`,
    id: 'enqueue',
    summary: 'Puts a job into a queue. The queue is made when it is named for the first time.',
    body: schemas.newJob,
    answer: schemas.enqueued,
    leadsTo: ['getJob', 'cancelJob', 'retryJob'],
    run: (queue, { call, path, body }) => queue.enqueue(call, path.queue ?? '', body),
  },
  {
    method: 'get',
    path: `${ofQueue}/jobs`,
    id: 'listJobs',
    summary: 'Jobs of a queue, newest first.',
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
    summary: 'Runs a dead or cancelled job once more.',
    answer: schemas.job,
    run: (queue, { call, path }) => queue.retry(call, path.queue ?? '', path.id ?? ''),
  },
  {
    method: 'post',
    path: `${ofJob}/cancel`,
    id: 'cancelJob',
    summary: 'Takes a job that does not run yet out of its queue.',
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
    summary: 'Enqueues a job again and again, by a cron line; replaces the schedule of that key.',
    body: schemas.newSchedule,
    answer: schemas.scheduled,
    run: (queue, { call, path, body }) => queue.putSchedule(call, path.queue ?? '', path.key ?? '', body),
  },
  {
    method: 'delete',
    path: ofSchedule,
    id: 'deleteSchedule',
    summary: 'Ends a schedule.',
    run: (queue, { call, path }) => queue.deleteSchedule(call, path.queue ?? '', path.key ?? ''),
  },
];
