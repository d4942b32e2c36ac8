import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, JobsServiceClient, WorkRequest } from '../../kit/generated/jobs.ts';
import { log } from '../../kit/log.ts';
import { belowTrace, inSpan, SpanKind } from '../../kit/tracing.ts';

export interface WorkerRun {
  /** Accepts no further jobs and finishes the running ones, for at most some seconds. */
  stop(): Promise<void>;
}

type Message = NonNullable<WorkRequest['message']>;

const leastWaitMs = 250;
const mostWaitMs = 10_000;
/** Jobs that run longer are given to another worker. */
const graceMs = 5_000;

/** An attempt is part of the trace of the request that created its job, even minutes later. */
function traced(queue: string, job: Job, work: (job: Job) => Promise<void>): Promise<void> {
  const attributes = { 'messaging.destination.name': queue, job: job.id, attempt: job.attempts };
  return belowTrace(job, () => inSpan(`job ${queue}`, SpanKind.CONSUMER, attributes, () => work(job)));
}

/**
 * Takes jobs of a queue and runs `work` for each until stopped; reconnects when the call ends. `work` can run
 * twice for one job, for example after a crash, so it must be idempotent.
 */
export function runWorker(
  jobs: JobsServiceClient,
  { queue, concurrency }: { queue: string; concurrency: number },
  work: (job: Job) => Promise<void>,
): WorkerRun {
  const stopping = new AbortController();
  let call: ReturnType<JobsServiceClient['work']>;

  /** One call; resolves when it has ended for any reason. */
  const serve = () =>
    new Promise<void>((done) => {
      const current = jobs.work();
      call = current;
      const say = (message: Message) => current.write({ message });
      current.on('data', async ({ job }: { job?: Job }) => {
        if (job === undefined) return;
        try {
          await traced(queue, job, work);
          say({ $case: 'completed', value: { id: job.id, result: undefined } });
        } catch (error) {
          log.warn('job failed', { queue, job: job.id, attempt: job.attempts, error });
          const message = error instanceof Error ? error.message : String(error);
          say({ $case: 'failed', value: { id: job.id, message, permanent: false } });
        }
      });
      // The service ends the call after the result of every job.
      current.on('end', () => {
        current.end();
        done();
      });
      current.on('error', (error) => {
        if (!stopping.signal.aborted) log.warn('the queue disconnected', { queue, error: error.message });
        done();
      });
      say({ $case: 'begin', value: { queue, concurrency } });
    });

  const run = async () => {
    let wait = leastWaitMs;
    while (!stopping.signal.aborted) {
      const began = Date.now();
      await serve();
      wait = Date.now() - began > mostWaitMs ? leastWaitMs : Math.min(wait * 2, mostWaitMs);
      const { signal } = stopping;
      await sleep(wait * Math.random(), undefined, { signal }).catch(() => {}); // stopped: the loop ends
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      call.write({ message: { $case: 'drain', value: {} } });
      const timer = setTimeout(() => call.cancel(), graceMs);
      await running;
      clearTimeout(timer);
    },
  };
}
