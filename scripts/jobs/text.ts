import { type Job, JobState, type Queue, type Schedule } from '../../apps/kit/generated/jobs.ts';
import { table } from '../cli/table.ts';

export const jobStates = ['queued', 'active', 'retry', 'completed', 'cancelled', 'dead'] as const;

export type JobStateName = (typeof jobStates)[number];

/** Longest output of a job that a table shows, in characters. */
const maxOutput = 60;

export function jobStateNamed(name: JobStateName): JobState {
  return JobState[`JOB_STATE_${name.toUpperCase() as Uppercase<JobStateName>}`];
}

export function queueText(queues: readonly Queue[]): string[] {
  return table(
    ['QUEUE', 'QUEUED', 'ACTIVE', 'RETRY', 'DEAD', 'COMPLETED', 'CANCELLED'],
    queues.map(({ name, queued, active, retry, dead, completed, cancelled }) =>
      [name, queued, active, retry, dead, completed, cancelled].map(String),
    ),
  );
}

export function jobText(jobs: readonly Job[]): string[] {
  if (jobs.length === 0) return ['no jobs'];
  return table(
    ['JOB', 'STATE', 'ATTEMPTS', 'PRIORITY', 'CREATED', 'OUTPUT'],
    jobs.map(({ id, state, attempts, attemptsMax, priority, createdAt, output }) => [
      id,
      jobStates.find((name) => jobStateNamed(name) === state) ?? '',
      `${attempts} of ${attemptsMax}`,
      String(priority),
      createdAt?.toISOString() ?? '',
      output === undefined ? '' : JSON.stringify(output).slice(0, maxOutput),
    ]),
  );
}

export function scheduleText(schedules: readonly Schedule[]): string[] {
  if (schedules.length === 0) return ['no schedules'];
  return table(
    ['QUEUE', 'KEY', 'CRON', 'TIME ZONE'],
    schedules.map(({ queue, key, cron, timeZone }) => [queue, key, cron, timeZone]),
  );
}
