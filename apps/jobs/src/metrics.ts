import { Counter, Histogram } from 'prom-client';

export const enqueuedJobs = new Counter({
  name: 'jobs_enqueued_total',
  help: 'Enqueued jobs; duplicates existed already.',
  labelNames: ['queue', 'duplicate'],
});

export const finishedAttempts = new Counter({
  name: 'jobs_attempts_total',
  help: 'Ended attempts by outcome: completed, failed, or lost with their worker.',
  labelNames: ['queue', 'outcome'],
});

export const pickUp = new Histogram({
  name: 'jobs_pick_up_seconds',
  help: 'Time from the scheduled start of a job until a worker has it.',
  labelNames: ['queue'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300],
});

export const attemptSeconds = new Histogram({
  name: 'jobs_attempt_seconds',
  help: 'Time for which a worker had a job.',
  labelNames: ['queue'],
  buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900],
});
