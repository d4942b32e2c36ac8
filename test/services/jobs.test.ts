import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { Metadata, status } from '@grpc/grpc-js';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../../apps/kit/client.ts';
import {
  type EnqueueRequest,
  type Job,
  JobState,
  JobsServiceClient,
  type WorkRequest,
} from '../../apps/kit/generated/jobs.ts';
import { asSuperuser } from './postgres.ts';
import { connect, eventually, identity, type Running, runJobs, startJobsOn } from './world.ts';

let jobs: Running;
let shop: JobsServiceClient;
let person: JobsServiceClient;
let personFolder = '';

beforeAll(async () => {
  jobs = await runJobs('jobs', ['shop', 'person:me']);
  shop = connect(JobsServiceClient, jobs.address, await identity(jobs.authority, 'shop'));
  personFolder = await identity(jobs.authority, 'person:me');
  person = connect(JobsServiceClient, jobs.address, personFolder);
});

afterAll(async () => {
  shop?.close();
  person?.close();
  await jobs?.service.stop();
});

const enqueue = (queue: string, given: Partial<EnqueueRequest> = {}, client = shop) =>
  ask(client, client.enqueue, {
    queue,
    payload: {},
    idempotencyKey: '',
    priority: 0,
    runAt: undefined,
    retry: undefined,
    ...given,
  });

const get = async (queue: string, id: string): Promise<Job> => {
  const { job } = await ask(shop, shop.getJob, { queue, id });
  if (job === undefined) throw new Error('an answer without a job');
  return job;
};

/** Takes jobs of a queue until it is closed; what `answer` returns is said of each, nothing where it returns nothing. */
function work(queue: string, concurrency: number, answer: (job: Job) => WorkRequest['message'] | undefined) {
  const call = shop.work();
  const taken: Job[] = [];
  call.on('data', ({ job }: { job?: Job }) => {
    if (job === undefined) return;
    taken.push(job);
    const message = answer(job);
    if (message) call.write({ message });
  });
  call.on('error', () => {}); // the test went away
  call.write({ message: { $case: 'begin', value: { queue, concurrency } } });
  return { call, taken };
}

const completed = (job: Job, result?: object): WorkRequest['message'] => ({
  $case: 'completed',
  value: { id: job.id, result },
});
const failed = (job: Job, permanent = false): WorkRequest['message'] => ({
  $case: 'failed',
  value: { id: job.id, message: 'no luck', permanent },
});

describe('a job', () => {
  it('carries the trace of its request to the worker, beside its payload', async () => {
    const traceId = randomBytes(16).toString('hex');
    const metadata = new Metadata();
    metadata.set('traceparent', `00-${traceId}-${randomBytes(8).toString('hex')}-01`);
    const request = { queue: 'shop.traced', payload: { to: 'ada' }, idempotencyKey: '', priority: 0 };
    await new Promise<void>((done, fail) => {
      const given = { ...request, runAt: undefined, retry: undefined };
      shop.enqueue(given, metadata, (error) => (error ? fail(error) : done()));
    });
    const { call, taken } = work('shop.traced', 1, (job) => completed(job));
    const job = await eventually(async () => taken[0]);
    call.cancel();
    expect(job.payload).toEqual({ to: 'ada' });
    expect(job.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  });

  it('may not have a payload with the reserved name of the trace', async () => {
    await expect(enqueue('shop.traced', { payload: { _traceparent: 'x' } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "payload: '_traceparent' is reserved for the queue",
    });
  });

  it('reaches a waiting worker, whose result is stored', async () => {
    const { call } = work('shop.mail', 1, (job) => completed(job, { sent: true }));
    const { id } = await enqueue('shop.mail', { payload: { to: 'ada' } });
    const done = await eventually(async () => {
      const job = await get('shop.mail', id);
      return job.state === JobState.JOB_STATE_COMPLETED ? job : undefined;
    });
    call.cancel();
    expect(done).toMatchObject({ payload: { to: 'ada' }, output: { sent: true }, attempts: 1 });
  });

  it('is enqueued once per idempotency key, also after it is done', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => enqueue('shop.once', { idempotencyKey: 'order-7' })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const { call, taken } = work('shop.once', 5, (job) => completed(job));
    const id = answers[0]?.id ?? '';
    await eventually(async () =>
      (await get('shop.once', id)).state === JobState.JOB_STATE_COMPLETED ? true : undefined,
    );
    expect(await enqueue('shop.once', { idempotencyKey: 'order-7' })).toEqual({ id, duplicate: true });
    call.cancel();
    expect(taken).toHaveLength(1);
  });

  it('with a higher priority is first', async () => {
    for (const priority of [0, 5, 10]) await enqueue('shop.rank', { priority, payload: { priority } });
    const { call, taken } = work('shop.rank', 1, (job) => completed(job));
    await eventually(() => (taken.length === 3 ? true : undefined));
    call.cancel();
    expect(taken.map(({ priority }) => priority)).toEqual([10, 5, 0]);
  });

  it('waits for its scheduled time', async () => {
    const runAt = new Date(Date.now() + 1_500);
    await enqueue('shop.later', { runAt });
    const { call, taken } = work('shop.later', 1, (job) => completed(job));
    await eventually(() => (taken.length === 1 ? true : undefined));
    call.cancel();
    expect(Date.now()).toBeGreaterThanOrEqual(runAt.getTime());
  });

  it('that fails is retried with growing delays, then dead until a person retries it', async () => {
    const times: number[] = [];
    let lucky = false;
    const { call } = work('shop.luck', 1, (job) => {
      times.push(Date.now());
      return lucky ? completed(job) : failed(job);
    });
    const { id } = await enqueue('shop.luck', {
      retry: { limit: 2, delaySeconds: 1, delayMaxSeconds: 60 },
    });
    const dead = await eventually(async () => {
      const job = await get('shop.luck', id);
      return job.state === JobState.JOB_STATE_DEAD ? job : undefined;
    }, 25);
    expect(dead).toMatchObject({ attempts: 3, attemptsMax: 3, output: { message: 'no luck' } });
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(450); // back-off has some chance in it: half of it at least
    expect(third - second).toBeGreaterThanOrEqual(900);
    lucky = true;
    await ask(person, person.retryJob, { queue: 'shop.luck', id });
    await eventually(async () =>
      (await get('shop.luck', id)).state === JobState.JOB_STATE_COMPLETED ? true : undefined,
    );
    call.cancel();
  });

  it('that fails permanently is dead at once', async () => {
    const { call, taken } = work('shop.never', 1, (job) => failed(job, true));
    const { id } = await enqueue('shop.never');
    await eventually(async () =>
      (await get('shop.never', id)).state === JobState.JOB_STATE_DEAD ? true : undefined,
    );
    call.cancel();
    expect(taken).toHaveLength(1);
  });

  it('of a disconnected worker goes to the next one', async () => {
    const first = work('shop.lost', 1, () => undefined);
    const { id } = await enqueue('shop.lost', { retry: { limit: 5, delaySeconds: 1, delayMaxSeconds: 1 } });
    await eventually(() => (first.taken.length === 1 ? true : undefined));
    first.call.cancel();
    const second = work('shop.lost', 1, (job) => completed(job));
    const job = await eventually(async () => {
      const found = await get('shop.lost', id);
      return found.state === JobState.JOB_STATE_COMPLETED ? found : undefined;
    });
    second.call.cancel();
    expect(job.attempts).toBe(2);
  });

  it('can be cancelled while it waits, and not when it is done', async () => {
    const { id } = await enqueue('shop.away', { runAt: new Date(Date.now() + 3_600_000) });
    const { job } = await ask(shop, shop.cancelJob, { queue: 'shop.away', id });
    expect(job?.state).toBe(JobState.JOB_STATE_CANCELLED);
    await expect(ask(shop, shop.cancelJob, { queue: 'shop.away', id })).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
  });

  it('enqueued at one replica reaches a worker at another one at once', async () => {
    const other = await startJobsOn('jobs', ['shop'], jobs.authority);
    const there = connect(JobsServiceClient, other.address, await identity(jobs.authority, 'shop'));
    const call = there.work();
    call.on('error', () => {}); // the test goes away
    const taken: number[] = [];
    call.on('data', ({ job }: { job: Job }) => {
      taken.push(Date.now());
      call.write({ message: completed(job) });
    });
    call.write({ message: { $case: 'begin', value: { queue: 'shop.far', concurrency: 1 } } });
    // The first look is over, so that only word of the job brings it before the next.
    await eventually(async () => {
      const { queues } = await ask(person, person.listQueues, {});
      return queues.some(({ name }) => name === 'shop.far') ? true : undefined;
    });
    await new Promise((done) => setTimeout(done, 300));
    const began = Date.now();
    await enqueue('shop.far');
    await eventually(() => (taken.length === 1 ? true : undefined));
    call.cancel();
    there.close();
    await other.service.stop();
    expect((taken[0] ?? Infinity) - began).toBeLessThan(600);
  });
});

describe('a schedule', () => {
  it('enqueues by its cron expression', async () => {
    const schedule = {
      queue: 'shop.tick',
      key: '',
      cron: '* * * * *',
      timeZone: '',
      payload: { tick: true },
    };
    const put = await ask(shop, shop.putSchedule, { schedule });
    expect(put.schedule).toMatchObject({ queue: 'shop.tick', timeZone: 'UTC' });
    const next = put.nextRunAt?.getTime() ?? 0;
    expect(next - Date.now()).toBeLessThanOrEqual(60_000);
    expect((await ask(shop, shop.listSchedules, {})).schedules).toContainEqual({
      ...schedule,
      timeZone: 'UTC',
    });
    await ask(shop, shop.deleteSchedule, { queue: 'shop.tick', key: '' });
    expect((await ask(shop, shop.listSchedules, {})).schedules).toEqual([]);
  });

  it.each([
    ['of six fields', '* * * * * *', 'five fields'],
    ['that no clock shows', '99 * * * *', 'cron'],
  ])('%s is refused', async (_what, cron, message) => {
    const schedule = { queue: 'shop.tick', key: '', cron, timeZone: '', payload: {} };
    await expect(ask(shop, shop.putSchedule, { schedule })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining(message),
    });
  });
});

describe('a queue', () => {
  it('belongs to its app', async () => {
    await expect(enqueue('orders.confirm')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    await expect(enqueue('shopping.list')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    await expect(enqueue('orders.confirm', {}, person)).resolves.toMatchObject({ duplicate: false });
    const { queues } = await ask(shop, shop.listQueues, {});
    expect(queues.map(({ name }) => name)).not.toContain('orders.confirm');
  });

  it.each(['', 'Shop', '-shop', 'shop;drop', `shop.${'a'.repeat(70)}`])(
    "is not called '%s'",
    async (queue) => {
      await expect(enqueue(queue, {}, person)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    },
  );

  it('is listed page by page, each job once', async () => {
    for (let n = 0; n < 7; n++) await enqueue('shop.pages', { payload: { n } });
    const found: string[] = [];
    let pageToken = '';
    do {
      const page = await ask(shop, shop.listJobs, { queue: 'shop.pages', state: 0, pageSize: 3, pageToken });
      found.push(...page.jobs.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(new Set(found).size).toBe(7);
  });

  it('is used with a role that cannot change its tables', async () => {
    const rows = await asSuperuser(
      inject('postgres'),
      'jobs',
      `select tableowner from pg_tables where schemaname = 'pgboss' group by tableowner`,
    );
    expect(rows).toEqual([{ tableowner: 'jobs_owner' }]);
  });
});

describe('the REST interface', () => {
  /** A request with a person's certificate. */
  function rest(
    method: string,
    path: string,
    given: { body?: unknown; headers?: Record<string, string>; as?: string } = {},
  ) {
    const folder = given.as ?? personFolder;
    const file = (name: string) => readFileSync(join(folder, name));
    return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>((done, fail) => {
      const call = httpsRequest(
        {
          ...{ host: 'localhost', port: jobs.service.port, method, path, agent: false },
          ...{ cert: file('tls.crt'), key: file('tls.key'), ca: file('roots.pem') },
          headers: { ...(given.body ? { 'content-type': 'application/json' } : {}), ...given.headers },
        },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          done({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: response.headers,
          });
        },
      );
      call.on('error', fail);
      call.end(given.body ? JSON.stringify(given.body) : undefined);
    });
  }
  const json = async (...args: Parameters<typeof rest>) => {
    const { status, body } = await rest(...args);
    return { status, body: JSON.parse(body) };
  };

  it('enqueues, shows, lists, cancels and retries', async () => {
    const made = await json('POST', '/v1/queues/shop.rest/jobs', {
      body: { payload: { a: 1 }, runAt: new Date(Date.now() + 3_600_000).toISOString() },
    });
    expect(made).toMatchObject({ status: 200, body: { duplicate: false } });
    const job = `/v1/queues/shop.rest/jobs/${made.body.id}`;
    expect(await json('GET', job)).toMatchObject({
      status: 200,
      body: { state: 'queued', payload: { a: 1 } },
    });
    expect(await json('POST', `${job}/cancel`)).toMatchObject({ body: { state: 'cancelled' } });
    expect(await json('POST', `${job}/retry`)).toMatchObject({ body: { state: 'queued' } });
    expect(await json('GET', '/v1/queues/shop.rest/jobs?state=queued')).toMatchObject({
      body: { jobs: [{ id: made.body.id }], nextPageToken: null },
    });
    expect((await json('GET', '/v1/queues')).body.queues).toContainEqual(
      expect.objectContaining({ name: 'shop.rest', queued: 1 }),
    );
  });

  it('creates, lists and removes schedules', async () => {
    const path = '/v1/queues/shop.nightly/schedules/report';
    const put = await json('PUT', path, { body: { cron: '0 3 * * *', timeZone: 'Europe/Berlin' } });
    expect(put).toMatchObject({ status: 200, body: { key: 'report', timeZone: 'Europe/Berlin' } });
    expect((await rest('DELETE', path)).status).toBe(204);
    expect((await json('DELETE', path)).status).toBe(404);
  });

  it.each([
    ['what does not fit', 'POST', '/v1/queues/shop.rest/jobs', { priority: 'high' }, 400, 'priority'],
    ['an unknown field', 'POST', '/v1/queues/shop.rest/jobs', { prority: 1 }, 400, 'prority'],
    ['an unknown path', 'GET', '/v1/jobs', undefined, 404, 'unknown path'],
    [
      'a page that it did not give',
      'GET',
      '/v1/queues/shop.rest/jobs?pageToken=abc',
      undefined,
      400,
      'pageToken',
    ],
    ['no JSON', 'PUT', '/v1/queues/shop.rest/schedules/x', undefined, 400, 'application/json'],
  ])('refuses %s with the reason', async (_what, method, path, body, code, message) => {
    expect(await json(method, path, { body })).toEqual({
      status: code,
      body: {
        error: {
          code: code === 404 ? 'not_found' : 'invalid_argument',
          message: expect.stringContaining(message),
        },
      },
    });
  });

  it("refuses requests of another site through a caller's browser", async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const answer = await json('POST', '/v1/queues/shop.rest/jobs', { body: {}, headers });
    expect(answer.status).toBe(403);
  });

  it('refuses a caller that is not listed', async () => {
    const stranger = await identity(jobs.authority, 'stranger');
    expect(await json('GET', '/v1/queues', { as: stranger })).toEqual({
      status: 403,
      body: { error: { code: 'permission_denied', message: 'stranger may not call this service' } },
    });
  });

  it('has a valid OpenAPI document, and answers accordingly', async () => {
    const { body: document } = await json('GET', '/openapi.json');
    expect((await new Validator().validate(document)).errors).toBeUndefined();
    const operation = z
      .object({
        responses: z.object({
          200: z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) }),
        }),
      })
      .parse(document.paths['/v1/queues/{queue}/jobs'].get);
    const described = z.fromJSONSchema(
      operation.responses[200].content['application/json']?.schema as z.core.JSONSchema.JSONSchema,
    );
    const { body } = await json('GET', '/v1/queues/shop.rest/jobs');
    expect(described.safeParse(body).error).toBeUndefined();
    expect(body.jobs.length).toBeGreaterThan(0);
  });

  it('serves its page without external resources', async () => {
    const page = await rest('GET', '/');
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<h1>Jobs</h1>') });
    expect(String(page.headers['content-security-policy'])).toContain("default-src 'none'");
    for (const path of ['/page.js', '/page.css']) expect((await rest('GET', path)).status).toBe(200);
  });
});
