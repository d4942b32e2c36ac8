import { createHash, randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { PgBoss } from 'pg-boss';
import type { Reachability } from '../../kit/reachability.ts';
import { checked, Refusal } from '../../kit/refusal.ts';
import { currentTraceparent } from '../../kit/tracing.ts';
import type { Call } from '../../kit/unary.ts';
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
  traceKey,
} from './schemas.ts';

/** Retention of a job after its end: for inspection, and for its idempotency key. */
const keptSeconds = 7 * 24 * 3600;
/** Without a heartbeat for this long, a job is given to another worker. */
export const heartbeatSeconds = 30;

/**
 * Operations of the API, used by gRPC and REST. pg-boss does the work; a call waits for an unavailable
 * database until its signal aborts.
 */
export class JobQueue {
  #boss: PgBoss;
  #database: Reachability;
  #inserter: Inserter;
  #known = new Set<string>();
  #announce: (queue: string) => void;
  #overseers: ReadonlySet<string>;

  /**
   * `announce` is called with a queue that has a job due now. `overseers`: apps that may see the jobs of every queue, and retry them.
   */
  constructor(
    boss: PgBoss,
    database: Reachability,
    announce: (queue: string) => void,
    overseers: ReadonlySet<string>,
  ) {
    this.#overseers = overseers;
    this.#boss = boss;
    this.#database = database;
    this.#inserter = new Inserter(boss);
    this.#announce = announce;
  }

  async enqueue(call: Call, queue: string, given: unknown): Promise<{ id: string; duplicate: boolean }> {
    const name = allowed(call.caller, queue);
    const { payload, idempotencyKey, priority, runAt, retry, timeoutSeconds } = checked(newJob, given);
    await this.#make(name, call.signal);
    const id = idempotencyKey === undefined ? randomUUID() : idOf(name, idempotencyKey);
    const traceparent = currentTraceparent();
    const job = {
      id,
      data: traceparent === undefined ? payload : { ...payload, [traceKey]: traceparent },
      ...(runAt === undefined ? {} : { startAfter: new Date(runAt) }),
      priority,
      retryLimit: retry.limit,
      retryDelay: retry.delaySeconds,
      retryDelayMax: retry.delayMaxSeconds,
      retryBackoff: true,
      expireInSeconds: timeoutSeconds,
    };
    const inserted = await this.#ask(call, () => this.#inserter.insert(name, job));
    // Without a key the id is unique, so an existing job means that an earlier attempt succeeded and its
    // answer was lost.
    const made = inserted || idempotencyKey === undefined;
    enqueuedJobs.inc({ queue: name, duplicate: String(!made) });
    if (made) this.#announce(name);
    return { id, duplicate: !made };
  }

  async get(call: Call, queue: string, id: string): Promise<Job> {
    const [name, job] = [this.#seen(call, queue), checked(jobId, id)];
    // pg-boss throws for an unknown queue.
    const found = await this.#ask(call, async (boss) =>
      (await boss.getQueue(name)) === null ? null : boss.getJobById<object>(name, job),
    );
    if (found === null) throw new Refusal(status.NOT_FOUND, `no job ${id} in ${queue}`);
    return jobFrom(found);
  }

  async list(
    call: Call,
    queue: string,
    given: unknown,
  ): Promise<{ jobs: Job[]; nextPageToken: string | null }> {
    const [name, wanted] = [this.#seen(call, queue), checked(listQuery, given)];
    return this.#ask(call, (boss) => listJobs(boss, name, wanted));
  }

  async retry(call: Call, queue: string, id: string): Promise<Job> {
    const { state } = await this.get(call, queue, id);
    if (state === 'dead') await this.#ask(call, (boss) => boss.retry(queue, id));
    else if (state === 'cancelled') await this.#ask(call, (boss) => boss.resume(queue, id));
    else
      throw new Refusal(
        status.FAILED_PRECONDITION,
        `job ${id} is ${state}: only a dead or cancelled one can be retried`,
      );
    this.#announce(queue);
    return this.get(call, queue, id);
  }

  async cancel(call: Call, queue: string, id: string): Promise<Job> {
    allowed(call.caller, queue);
    const { state } = await this.get(call, queue, id);
    if (state !== 'queued' && state !== 'retry') {
      throw new Refusal(
        status.FAILED_PRECONDITION,
        `job ${id} is ${state}: only a waiting one can be cancelled`,
      );
    }
    await this.#ask(call, (boss) => boss.cancel(queue, id));
    return this.get(call, queue, id);
  }

  async queues(call: Call): Promise<Queue[]> {
    const found = await this.#ask(call, queueCounts);
    return found.filter(({ name }) => this.#overseers.has(call.caller) || owns(call.caller, name));
  }

  async putSchedule(
    call: Call,
    queue: string,
    key: string,
    given: unknown,
  ): Promise<Schedule & { nextRunAt: string }> {
    const name = allowed(call.caller, queue);
    const { cron, timeZone, payload } = checked(newSchedule, given);
    const next = this.#next(cron, timeZone);
    const options = { tz: timeZone, key: checked(scheduleKey, key) };
    await this.#make(name, call.signal);
    await this.#ask(call, (boss) => boss.schedule(name, cron, payload, options));
    return { queue: name, key, cron, timeZone, payload, nextRunAt: next.toISOString() };
  }

  async schedules(call: Call): Promise<Schedule[]> {
    const found = await this.#ask(call, (boss) => boss.getSchedules());
    return found
      .filter(({ name }) => owns(call.caller, name))
      .map(({ name, key, cron, timezone, data }) => ({
        queue: name,
        key,
        cron,
        timeZone: timezone,
        payload: record(data),
      }));
  }

  async deleteSchedule(call: Call, queue: string, key: string): Promise<void> {
    const [name, known] = [allowed(call.caller, queue), checked(scheduleKey, key)];
    if ((await this.#ask(call, (boss) => boss.getSchedule(name, known))) === null) {
      throw new Refusal(status.NOT_FOUND, `no schedule '${known}' for ${queue}`);
    }
    await this.#ask(call, (boss) => boss.unschedule(name, known));
  }

  /**
   * Creates the queue if missing, so that a worker can wait for its first job; workers repeat the call
   * themselves.
   */
  async open(caller: string, queue: string): Promise<string> {
    const name = allowed(caller, queue);
    await this.#make(name);
    return name;
  }

  /** A queue whose jobs the caller may see and retry. */
  #seen({ caller }: Call, queue: string): string {
    return this.#overseers.has(caller) ? checked(queueName, queue) : allowed(caller, queue);
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

  async #make(name: string, until?: AbortSignal): Promise<void> {
    if (this.#known.has(name)) return;
    const options = { deleteAfterSeconds: keptSeconds, heartbeatSeconds };
    await this.#database.ask(() => this.#boss.createQueue(name, options), until);
    this.#known.add(name);
  }

  #ask<T>({ signal }: Call, work: (boss: PgBoss) => Promise<T>): Promise<T> {
    return this.#database.ask(() => work(this.#boss), signal);
  }
}

/** Whether a caller may use a queue: people may use all, an app those whose name begins with its own. */
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

/** The id for an idempotency key: a UUID of version 8 (RFC 9562, 5.8). */
function idOf(queue: string, key: string): string {
  const hex = createHash('sha256').update(`${queue}\0${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
