import { createHash, randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { PgBoss } from 'pg-boss';
import { checked, Refusal } from '../../kit/refusal.ts';
import { Inserter } from './inserter.ts';
import { jobFrom, record } from './job-from.ts';
import { listJobs, queueCounts } from './job-table.ts';
import { enqueuedJobs } from './metrics.ts';
import {
  type Job,
  jobId,
  listQuery,
  newJob,
  newSchedule,
  type Queue,
  queueName,
  type Schedule,
  scheduleKey,
} from './schemas.ts';

/** How long a job is kept after its end: for looking at it, and for its idempotency key. */
const keptSeconds = 7 * 24 * 3600;
/** A job whose service says nothing for so long is given to another worker. */
export const heartbeatSeconds = 30;

/** What callers may do with queues, by whichever face they come. pg-boss does the work. */
export class JobQueue {
  #boss: PgBoss;
  #inserter: Inserter;
  #known = new Set<string>();
  #announce: (queue: string) => void;

  /** `announce` is told of a queue that has a job for now. */
  constructor(boss: PgBoss, announce: (queue: string) => void) {
    this.#boss = boss;
    this.#inserter = new Inserter(boss);
    this.#announce = announce;
  }

  async enqueue(caller: string, queue: string, given: unknown): Promise<{ id: string; duplicate: boolean }> {
    const name = allowed(caller, queue);
    const { payload, idempotencyKey, priority, runAt, retry, timeoutSeconds } = checked(newJob, given);
    await this.#make(name);
    const id = idempotencyKey === undefined ? randomUUID() : idOf(name, idempotencyKey);
    const made = await this.#inserter.insert(name, {
      id,
      data: payload,
      ...(runAt === undefined ? {} : { startAfter: new Date(runAt) }),
      priority,
      retryLimit: retry.limit,
      retryDelay: retry.delaySeconds,
      retryDelayMax: retry.delayMaxSeconds,
      retryBackoff: true,
      expireInSeconds: timeoutSeconds,
    });
    enqueuedJobs.inc({ queue: name, duplicate: String(!made) });
    if (made) this.#announce(name);
    return { id, duplicate: !made };
  }

  async get(caller: string, queue: string, id: string): Promise<Job> {
    const found = await this.#boss.getJobById<object>(allowed(caller, queue), checked(jobId, id));
    if (found === null) throw new Refusal(status.NOT_FOUND, `no job ${id} in ${queue}`);
    return jobFrom(found);
  }

  async list(
    caller: string,
    queue: string,
    given: unknown,
  ): Promise<{ jobs: Job[]; nextPageToken: string | null }> {
    return listJobs(this.#boss, allowed(caller, queue), checked(listQuery, given));
  }

  async retry(caller: string, queue: string, id: string): Promise<Job> {
    const { state } = await this.get(caller, queue, id);
    if (state === 'dead') await this.#boss.retry(queue, id);
    else if (state === 'cancelled') await this.#boss.resume(queue, id);
    else
      throw new Refusal(
        status.FAILED_PRECONDITION,
        `job ${id} is ${state}: only a dead or cancelled one can be retried`,
      );
    this.#announce(queue);
    return this.get(caller, queue, id);
  }

  async cancel(caller: string, queue: string, id: string): Promise<Job> {
    const { state } = await this.get(caller, queue, id);
    if (state !== 'queued' && state !== 'retry') {
      throw new Refusal(
        status.FAILED_PRECONDITION,
        `job ${id} is ${state}: only a waiting one can be cancelled`,
      );
    }
    await this.#boss.cancel(queue, id);
    return this.get(caller, queue, id);
  }

  async queues(caller: string): Promise<Queue[]> {
    return (await queueCounts(this.#boss)).filter(({ name }) => owns(caller, name));
  }

  async putSchedule(
    caller: string,
    queue: string,
    key: string,
    given: unknown,
  ): Promise<Schedule & { nextRunAt: string }> {
    const name = allowed(caller, queue);
    const { cron, timeZone, payload } = checked(newSchedule, given);
    const next = this.#next(cron, timeZone);
    await this.#make(name);
    await this.#boss.schedule(name, cron, payload, { tz: timeZone, key: checked(scheduleKey, key) });
    return { queue: name, key, cron, timeZone, payload, nextRunAt: next.toISOString() };
  }

  async schedules(caller: string): Promise<Schedule[]> {
    const found = await this.#boss.getSchedules();
    return found
      .filter(({ name }) => owns(caller, name))
      .map(({ name, key, cron, timezone, data }) => ({
        queue: name,
        key,
        cron,
        timeZone: timezone,
        payload: record(data),
      }));
  }

  async deleteSchedule(caller: string, queue: string, key: string): Promise<void> {
    const name = allowed(caller, queue);
    if ((await this.#boss.getSchedule(name, key)) === null) {
      throw new Refusal(status.NOT_FOUND, `no schedule '${key}' for ${queue}`);
    }
    await this.#boss.unschedule(name, key);
  }

  /** Makes the queue where it is not there yet, so that a worker may wait for its first job. */
  async open(caller: string, queue: string): Promise<string> {
    const name = allowed(caller, queue);
    await this.#make(name);
    return name;
  }

  #next(cron: string, tz: string): Date {
    let next: Date | undefined;
    try {
      [next] = this.#boss.previewSchedule(cron, { tz, count: 1 });
    } catch (error) {
      throw new Refusal(status.INVALID_ARGUMENT, `cron: ${error instanceof Error ? error.message : error}`);
    }
    if (next === undefined) throw new Refusal(status.INVALID_ARGUMENT, `cron: '${cron}' never comes`);
    return next;
  }

  async #make(name: string): Promise<void> {
    if (this.#known.has(name)) return;
    await this.#boss.createQueue(name, { deleteAfterSeconds: keptSeconds, heartbeatSeconds });
    this.#known.add(name);
  }
}

/** Whether a queue is the caller's: people see to all of them, an app to those whose name begins with its own. */
export function owns(caller: string, queue: string): boolean {
  return caller.startsWith('person:') || queue === caller || queue.startsWith(`${caller}.`);
}

function allowed(caller: string, queue: string): string {
  const name = checked(queueName, queue);
  if (owns(caller, name)) return name;
  throw new Refusal(
    status.PERMISSION_DENIED,
    `${caller} may use '${caller}' and '${caller}.…', not '${name}'`,
  );
}

/** The id of the job that a key stands for: a UUID of version 8 (RFC 9562, 5.8). */
function idOf(queue: string, key: string): string {
  const hex = createHash('sha256').update(`${queue}\0${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
