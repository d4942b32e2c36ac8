import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type Client, makeGenericClientConstructor, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBoss } from '../../apps/jobs/src/boss.ts';
import { Inserter } from '../../apps/jobs/src/inserter.ts';
import { newJob } from '../../apps/jobs/src/schemas.ts';
import { ask } from '../../apps/kit/client.ts';
import { databaseAccess } from '../../apps/kit/database.ts';
import { clampedTimeout } from '../../apps/kit/deadlines.ts';
import {
  EnqueueRequest,
  type Job,
  JobState,
  JobsServiceClient,
  JobsServiceService,
  type WorkRequest,
} from '../../apps/kit/generated/jobs.ts';
import { OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import {
  type ServerReflectionResponse,
  ServerReflectionService,
} from '../../apps/kit/generated/reflection.ts';
import { pageToken } from '../../apps/kit/page-token.ts';
import { deepestJson, faultOf, storableObject } from '../../apps/kit/stored-json.ts';
import { connect, eventually, identity, loginAs, type Running, runJobs, runOrders } from './world.ts';

let jobs: Running;
let orders: Running;
let client: JobsServiceClient;
let person = '';

beforeAll(async () => {
  jobs = await runJobs('jobs-edge', ['shop', 'orders', 'person:me']);
  orders = await runOrders('orders-edge', ['home'], jobs);
  person = await identity(jobs.authority, 'person:me');
  client = connect(JobsServiceClient, jobs.address, person);
});

afterAll(async () => {
  client?.close();
  await orders?.service.stop();
  await jobs?.service.stop();
});

const enqueue = (queue: string, given: Partial<EnqueueRequest> = {}) =>
  ask(client, client.enqueue, {
    queue,
    payload: {},
    idempotencyKey: '',
    priority: 0,
    runAt: undefined,
    retry: undefined,
    ...given,
  });

const refused = (message: string) => ({
  code: status.INVALID_ARGUMENT,
  details: expect.stringContaining(message),
});

/** Nested objects with the given depth. */
function nested(levels: number): object {
  let made: object = {};
  for (let level = 1; level < levels; level++) made = { a: made };
  return made;
}

/** A request over HTTP/1.1, byte for byte as it is given; the whole answer. */
async function raw(text: string | Buffer): Promise<string> {
  const file = (name: string) => readFileSync(join(person, name));
  const socket = connectTls({
    ...{ host: 'localhost', port: jobs.service.port },
    ...{ cert: file('tls.crt'), key: file('tls.key'), ca: file('roots.pem') },
  });
  let said = '';
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  socket.write(text);
  await once(socket, 'close');
  return said;
}

const get = (target: string, method = 'GET') =>
  raw(`${method} ${target} HTTP/1.1\r\nhost: jobs\r\nconnection: close\r\n\r\n`);

function post(body: string | Buffer): Promise<string> {
  const bytes = Buffer.from(body);
  const head = [
    'POST /v1/queues/shop.edge/jobs HTTP/1.1',
    'host: jobs',
    'connection: close',
    'content-type: application/json',
    `content-length: ${bytes.length}`,
  ];
  return raw(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]));
}

/** With every Unicode character. */
const anyJson = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' });

describe('an invalid request is refused with the place of the fault:', () => {
  it.each([
    ['NUL in a text', { a: { b: 'x\0' } }, 'payload.a.b: a text with NUL'],
    ['NUL in a name', { a: [{ 'x\0': 1 }] }, 'payload.a.0: a name with NUL'],
    ['one level too many', nested(deepestJson + 1), `at most ${deepestJson} nested objects and lists`],
    ['not a JSON number', { a: Number.NaN }, 'payload.a: NaN is not a JSON number'],
    ['an infinite number', { a: [Number.POSITIVE_INFINITY] }, 'payload.a.0: Infinity is not a JSON number'],
    ['more than 64 KiB', { a: 'x'.repeat(70_000) }, 'payload: at most 64 KiB'],
  ])('%s, by gRPC', async (_what, payload, message) => {
    await expect(enqueue('shop.edge', { payload })).rejects.toMatchObject(
      // A level too much is refused where the message is read already.
      message.startsWith('at most') ? { code: status.INVALID_ARGUMENT } : refused(message),
    );
  });

  it.each([
    ['NUL in a text', '{"payload":{"a":"\\u0000"}}', 'payload.a: a text with NUL'],
    ['NUL in a name', '{"payload":{"\\u0000":1}}', 'payload: a name with NUL'],
    ['the name __proto__', '{"payload":{"__proto__":1}}', 'the name __proto__ is refused'],
    [
      'the name __proto__ in escapes',
      '{"payload":{"a":{"\\u005f_proto__":1}}}',
      'the name __proto__ is refused',
    ],
    ['half a surrogate pair in a text', '{"payload":{"a":"\\ud800"}}', 'payload.a: a text with NUL or half'],
    ['half a surrogate pair in a name', '{"payload":{"\\udfff":1}}', 'payload: a name with NUL or half'],
    ['half a surrogate pair as a key', '{"idempotencyKey":"\\ud800"}', 'idempotencyKey: a text without'],
    ['an infinite number', '{"payload":{"a":1e400}}', 'payload.a: Infinity is not a JSON number'],
    [
      '30,000 objects',
      `{"payload":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
      'nested objects and lists',
    ],
    [
      '30,000 lists',
      `{"payload":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
      'nested objects and lists',
    ],
    ['30,000 lists for a body', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'request: Invalid input'],
    ['30,000 lists for a number', `{"priority":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'priority'],
    [
      'a body that is not UTF-8',
      Buffer.from('{"payload":{"a":"\xff"}}', 'latin1'),
      'the body is not valid JSON',
    ],
    ['a time before year 1', '{"runAt":"0000-12-31T00:00:00Z"}', 'runAt: a time in the years 1 to 9999'],
    [
      'a time that is in year 0 in UTC',
      '{"runAt":"0001-01-01T00:00:00+14:00"}',
      'runAt: a time in the years',
    ],
    [
      'a time after year 9999',
      '{"runAt":"9999-12-31T23:59:59-14:00"}',
      'runAt: a time in the years 1 to 9999',
    ],
    ['an invalid day', '{"runAt":"2026-02-30T00:00:00Z"}', 'runAt: Invalid ISO datetime'],
  ])('%s, over HTTP', async (_what, body, message) => {
    const answer = await post(body);
    expect(answer).toContain('HTTP/1.1 400 Bad Request');
    expect(answer).toContain(message);
  });

  it('a message with 30,000 nested values, by gRPC', async () => {
    // The value of an entry that is a list of one value, and so on: fields 6 and 1 of them, each with its length in front.
    let size = 0;
    const inward: Buffer[] = [];
    const around = (tag: number) => {
      const head = Buffer.concat([Buffer.from([tag]), varint(size)]);
      inward.push(head);
      size += head.length;
    };
    for (let level = 0; level < 30_000; level++) for (const tag of [0x0a, 0x32]) around(tag);
    for (const tag of [0x12, 0x0a, 0x12]) around(tag);
    const request = Buffer.concat(inward.reverse());
    await expect(rawEnqueue(request)).rejects.toMatchObject(refused('the message: '));
  });

  it.each([
    ['seconds beyond what a Date holds', 9_000_000_000_000, 'runAt'],
    ['seconds beyond what a number holds', Number.MAX_SAFE_INTEGER * 512, 'the message: '],
    ['a year of five digits', 253_402_300_800, 'runAt'],
    ['a year before the first', -62_200_000_000, 'runAt'],
  ])('a time of %s, by gRPC', async (_what, seconds, message) => {
    const timestamp = Buffer.concat([Buffer.from([0x08]), varint(seconds)]);
    const queue = Buffer.from(
      EnqueueRequest.encode({ ...EnqueueRequest.create(), queue: 'shop.edge' }).finish(),
    );
    const request = Buffer.concat([queue, Buffer.from([0x2a]), varint(timestamp.length), timestamp]);
    await expect(rawEnqueue(request)).rejects.toMatchObject(refused(message));
  });
});

describe('accepted values are stored unchanged:', () => {
  it(`${deepestJson} nested objects reach a worker`, async () => {
    const payload = nested(deepestJson);
    await enqueue('shop.deep', { payload });
    const call = client.work();
    call.on('error', () => {}); // the test goes away
    call.write({ message: { $case: 'begin', value: { queue: 'shop.deep', concurrency: 1 } } });
    const [{ job }] = await once(call, 'data');
    call.cancel();
    expect(job.payload).toEqual(payload);
  });

  it.each(['0001-01-01T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'])(
    'a job for %s',
    async (time) => {
      const { id } = await enqueue('shop.times', { runAt: new Date(time) });
      const { job } = await ask(client, client.getJob, { queue: 'shop.times', id });
      expect(job?.runAt?.toISOString()).toBe(time);
    },
  );

  it('any accepted JSON, by gRPC', async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary' }), anyJson), async (payload) => {
        const fault = faultOf(payload);
        const outcome = await enqueue('shop.any', { payload }).catch(({ code }: { code: status }) => code);
        if (typeof outcome === 'number') {
          expect([outcome, fault === undefined]).toEqual([status.INVALID_ARGUMENT, false]);
          return;
        }
        // Half a surrogate pair can't be sent by gRPC: U+FFFD arrives.
        const { job } = await ask(client, client.getJob, { queue: 'shop.any', id: outcome.id });
        if (fault === undefined) {
          kept++;
          expect(JSON.parse(JSON.stringify(job?.payload))).toEqual(JSON.parse(JSON.stringify(payload)));
        }
      }),
      { numRuns: 60 },
    );
    expect(kept).toBeGreaterThan(5);
  });
});

describe('a job that the database refuses', () => {
  it('does not fail other jobs of the same batch', async () => {
    const boss = await makeBoss(databaseAccess('edge', await loginAs('jobs-edge', 'read-write'))).start();
    try {
      await boss.createQueue('shop.batch');
      const inserter = new Inserter(boss);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, n) =>
          inserter.insert('shop.batch', {
            id: `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`,
            data: { n, text: n === 20 ? '\0' : '' },
          }),
        ),
      );
      expect(outcomes.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([20]);
      expect(await boss.fetch('shop.batch', { batchSize: 100 })).toHaveLength(39);
    } finally {
      await boss.stop({ graceful: false, close: true });
    }
  });
});

describe('the outcome of a job is stored with U+FFFD for characters that Postgres cannot store:', () => {
  it.each([
    [
      'the message of a failure',
      (id: string): WorkRequest['message'] => ({
        $case: 'failed',
        value: { id, message: 'a\0b', permanent: true },
      }),
      JobState.JOB_STATE_DEAD,
      { message: 'a\uFFFDb' },
    ],
    [
      'a result',
      (id: string): WorkRequest['message'] => ({
        $case: 'completed',
        value: { id, result: { 'x\0': ['a\0b', Number.NaN] } },
      }),
      JobState.JOB_STATE_COMPLETED,
      { 'x\uFFFD': ['a\uFFFDb', 'NaN'] },
    ],
  ])('%s', async (_what, message, state, output) => {
    const { id } = await enqueue('shop.said');
    const call = client.work();
    call.on('error', () => {}); // the test goes away
    call.on('data', ({ job }: { job: Job }) => call.write({ message: message(job.id) }));
    call.write({ message: { $case: 'begin', value: { queue: 'shop.said', concurrency: 1 } } });
    const done = await eventually(async () => {
      const { job } = await ask(client, client.getJob, { queue: 'shop.said', id });
      return job?.state === state ? job : undefined;
    });
    call.cancel();
    expect(done.output).toEqual(output);
  });

  it('any value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.anything({ maxDepth: 40 })), (said) => {
        const kept = storableObject(said);
        expect(faultOf(kept)).toBeUndefined();
        if (faultOf(said) === undefined) expect(kept).toEqual({ ...said });
      }),
    );
    expect(faultOf(storableObject(nested(100)))).toBeUndefined();
    expect(storableObject(JSON.parse('{"a":{"__proto__":1}}'))).toEqual({ a: { '\uFFFD__proto__': 1 } });
  });
});

describe('JSON', () => {
  it('is accepted up to the maximum depth, and checked without recursion', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (levels) => {
        expect(faultOf(nested(levels)) === undefined).toBe(levels <= deepestJson);
      }),
    );
    expect(faultOf(nested(200_000))?.why).toContain('nested');
  });
});

describe('a path', () => {
  it.each([
    ['//', '404 Not Found'],
    ['///v1//queues', '404 Not Found'],
    ['/%00', '404 Not Found'],
    ['/\\', '404 Not Found'],
    ['/v1/queues/%00/jobs', '400 Bad Request'],
    ['/v1/queues/%ff/jobs', '400 Bad Request'],
    ['/v1/queues/%/jobs', '400 Bad Request'],
    ['/v1/queues/shop/jobs/%00', '400 Bad Request'],
    ['/v1/queues/shop/jobs?pageToken=%00', '400 Bad Request'],
    ['/v1/queues/shop/jobs?pageSize=1e400', '400 Bad Request'],
    ['/v1/queues/nobody.named.it/jobs/00000000-0000-4000-8000-000000000000', '404 Not Found'],
    ['http://', '400 Bad Request'],
    ['https://jobs/v1/queues', '200 OK'],
    ['/v1/queues', '200 OK'],
  ])('%s is answered with %s', async (target, answer) => {
    expect(await get(target)).toContain(`HTTP/1.1 ${answer}`);
  });

  it.each([
    ['DELETE', '/v1/queues', 'GET, HEAD'],
    ['PATCH', '/v1/queues/shop/jobs', 'POST, GET, HEAD'],
    ['GET', '/v1/queues/shop/schedules/x', 'PUT, DELETE'],
    ['POST', '/', 'GET, HEAD'],
  ])('%s %s is answered with 405 and the allowed methods', async (method, target, allow) => {
    const answer = await get(target, method);
    expect(answer).toContain('HTTP/1.1 405 Method Not Allowed');
    expect(answer.toLowerCase()).toContain(`\r\nallow: ${allow.toLowerCase()}\r\n`);
  });

  it('answers HEAD like GET, without the body', async () => {
    const [head, body] = (await get('/v1/queues', 'HEAD')).split('\r\n\r\n');
    expect(head).toContain('HTTP/1.1 200 OK');
    expect(head).toContain('application/json');
    expect(body).toBe('');
  });

  it('with NUL in the key of a schedule is refused', async () => {
    await expect(ask(client, client.deleteSchedule, { queue: 'shop.edge', key: '\0' })).rejects.toMatchObject(
      refused('letters, digits'),
    );
    expect(await get('/v1/queues/shop.edge/schedules/%00', 'DELETE')).toContain('400 Bad Request');
  });

  it('of any characters causes no internal error', async () => {
    // Characters that a request line can have.
    const target = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('/', '/v1/queues/', ''), target, async (start, end) => {
        expect(await get(`${start}${end}`)).toMatch(/^HTTP\/1\.1 (200|400|404|405) /);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a page token', () => {
  const list = (token: string) =>
    ask(client, client.listJobs, { queue: 'shop.edge', state: 0, pageSize: 1, pageToken: token });

  it.each([
    'abc',
    '2026-99-99T00:00:00.000000Z_00000000-0000-4000-8000-000000000000',
    '2026-02-29T00:00:00.000000Z_00000000-0000-4000-8000-000000000000',
    '0000-01-01T00:00:00.000000Z_00000000-0000-4000-8000-000000000000',
    '10000-01-01T00:00:00.000000Z_00000000-0000-4000-8000-000000000000',
    '2026-01-01T25:00:00.000000Z_00000000-0000-4000-8000-000000000000',
    '2026-01-01T00:00:00.000000Z_0000',
    '2026-01-01T00:00:00.000000Z',
    '\0',
  ])('that no page has is refused: %j', async (token) => {
    await expect(list(token)).rejects.toMatchObject(refused('pageToken'));
    const home = connect(OrdersServiceClient, orders.address, await identity(orders.authority, 'home'));
    await expect(
      ask(home, home.listOrders, { customer: '', pageSize: 1, pageToken: token }),
    ).rejects.toMatchObject(refused('pageToken'));
    home.close();
  });

  it('with any time of the years 1 to 9999 is accepted by Postgres', async () => {
    const years = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
    const time = fc.date({ ...years, noInvalidDate: true }).map((date) => date.toISOString());
    const digits = fc.integer({ min: 0, max: 999 }).map((micro) => String(micro).padStart(3, '0'));
    await fc.assert(
      fc.asyncProperty(time, digits, fc.uuid(), async (at, micro, id) => {
        const token = `${at.slice(0, -1)}${micro}Z_${id}`;
        expect(pageToken.safeParse(token).success).toBe(true);
        await expect(list(token)).resolves.toBeDefined();
      }),
      { numRuns: 60 },
    );
  });

  it('of any other digits is accepted or refused without an internal error', async () => {
    const two = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
    await fc.assert(
      fc.asyncProperty(fc.tuple(two, two, two, two, two, two, two), fc.uuid(), async (all, id) => {
        const [century, year, month, day, hour, minute, second] = all;
        const token = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000000Z_${id}`;
        const code = await list(token).then(
          () => status.OK,
          (error: { code: status }) => error.code,
        );
        expect(code).toBe(pageToken.safeParse(token).success ? status.OK : status.INVALID_ARGUMENT);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a date', () => {
  it('is accepted exactly in the years 1 to 9999 of UTC, at any offset', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(-64e12), max: new Date(260e12) }),
        fc.integer({ min: -23 * 60, max: 23 * 60 }),
        (date, offset) => {
          const sign = offset < 0 ? '-' : '+';
          const minutes = Math.abs(offset);
          const two = (number: number) => String(number).padStart(2, '0');
          const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
          const text = `${local}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
          const year = date.getUTCFullYear();
          const written = /^\d{4}-/.test(local);
          expect(newJob.safeParse({ runAt: text }).success).toBe(written && year >= 1 && year <= 9999);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a state', () => {
  it('that is unknown is refused', async () => {
    await expect(
      ask(client, client.listJobs, { queue: 'shop.edge', state: 99 as JobState, pageSize: 1, pageToken: '' }),
    ).rejects.toMatchObject(refused('state'));
  });
});

describe('an order', () => {
  const lines = [{ sku: 'a', quantity: 1, unitPrice: 1 }];

  it.each([
    ['customer', { customer: 'A\0', lines, idempotencyKey: '' }],
    ['lines.0.sku', { customer: 'A', lines: [{ sku: '\0', quantity: 1, unitPrice: 1 }], idempotencyKey: '' }],
    ['idempotencyKey', { customer: 'A', lines, idempotencyKey: '\0' }],
  ])('with NUL in %s is refused', async (where, request) => {
    const home = connect(OrdersServiceClient, orders.address, await identity(orders.authority, 'home'));
    await expect(ask(home, home.placeOrder, request)).rejects.toMatchObject(refused(where));
    home.close();
  });

  it('cannot be listed by a customer with NUL', async () => {
    const home = connect(OrdersServiceClient, orders.address, await identity(orders.authority, 'home'));
    await expect(
      ask(home, home.listOrders, { customer: '\0', pageSize: 1, pageToken: '' }),
    ).rejects.toMatchObject(refused('customer'));
    home.close();
  });
});

describe('a deadline', () => {
  const units = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };
  const milliseconds = (timeout: string) =>
    Number(timeout.slice(0, -1)) * units[timeout.slice(-1) as keyof typeof units];

  it('is unchanged up to 24.8 days, and limited to that', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99_999_999 }),
        fc.constantFrom(...Object.keys(units)),
        (amount, unit) => {
          const asked = `${amount}${unit}`;
          const clamped = clampedTimeout(asked);
          expect(clamped).toMatch(/^\d{1,8}[HMSmun]$/);
          expect(milliseconds(clamped)).toBeLessThan(2 ** 31);
          if (milliseconds(asked) < 2_147_482_000) expect(clamped).toBe(asked);
          else expect(milliseconds(clamped)).toBeGreaterThanOrEqual(2_147_482_000);
        },
      ),
    );
  });
});

describe('reflection', () => {
  it.each(['grpc.reflection.v1', 'grpc.reflection.v1alpha'])('is served as %s', async (name) => {
    const { serverReflectionInfo } = ServerReflectionService;
    const service = `${name}.ServerReflection`;
    const Reflection = makeGenericClientConstructor(
      { info: { ...serverReflectionInfo, path: `/${service}/ServerReflectionInfo` } },
      service,
    );
    const reflecting = connect(Reflection, jobs.address, person) as Client;
    const call = reflecting.makeBidiStreamRequest(
      `/${service}/ServerReflectionInfo`,
      serverReflectionInfo.requestSerialize,
      serverReflectionInfo.responseDeserialize,
    );
    const answers: ServerReflectionResponse[] = [];
    call.on('data', (answer: ServerReflectionResponse) => answers.push(answer));
    call.write({ host: '', messageRequest: { $case: 'listServices', value: '' } });
    call.write({ host: '', messageRequest: { $case: 'fileContainingSymbol', value: service } });
    call.end();
    await once(call, 'end');
    reflecting.close();
    expect(answers.map(({ messageResponse }) => messageResponse?.$case)).toEqual([
      'listServicesResponse',
      'fileDescriptorResponse',
    ]);
    expect(JSON.stringify(answers[0])).toContain(service);
  });
});

/** A number as protobuf writes it. */
function varint(number: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(number));
  do {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Buffer.from(bytes);
}

/** Bytes that no client of ours would send. */
function rawEnqueue(bytes: Buffer): Promise<unknown> {
  const { path, responseDeserialize } = JobsServiceService.enqueue;
  return new Promise((done, fail) => {
    client.makeUnaryRequest(
      path,
      (given: Buffer) => given,
      responseDeserialize,
      bytes,
      (error, answer) => (error ? fail(error) : done(answer)),
    );
  });
}
