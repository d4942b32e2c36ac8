import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { OrdersServiceClient, type WatchOrdersResponse } from '../../apps/kit/generated/orders.ts';
import { personHeader } from '../../apps/kit/person.ts';
import { ordersDocument } from '../../apps/orders/src/document.ts';
import { startOrders } from '../../apps/orders/src/orders.ts';
import { SigningKeys } from '../../operators/sign-in/program/signing-keys.ts';
import { FakeDirectory } from './accounts/fake-directory.ts';
import { TestAuthority } from './authority.ts';
import { asSuperuser } from './postgres.ts';
import { connect, eventually, identity, type Running, runJobs, runOrders } from './world.ts';

/* apps/orders for people: REST and server-sent events, with the token of a person that the certificate of `web` hands on. */

const issuer = 'https://accounts.test:8443';
const database = 'orders-people';
const keys = new SigningKeys(issuer);
const club = randomUUID();
const lines = [{ sku: 'plinth-1', quantity: 2, unitPrice: 1250 }];

let jobs: Running;
let orders: Awaited<ReturnType<typeof runOrders>>;
let directory: FakeDirectory;
let web = '';

beforeAll(async () => {
  const signIn = await TestAuthority.make('sign-in');
  directory = await FakeDirectory.start(signIn);
  directory.published = () => keys.published();
  jobs = await runJobs('jobs-of-people', ['orders']);
  orders = await runOrders(database, ['web', 'home'], jobs, inject('postgres'), {
    PEOPLE_KEYS: `https://localhost:${directory.port}/keys`,
    PEOPLE_IDENTITY_DIR: await identity(signIn, 'orders'),
    PEOPLE_ISSUER: issuer,
    PEOPLE_AUDIENCES: 'web',
  });
  web = await identity(orders.authority, 'web');
});

afterAll(async () => {
  await orders?.service.stop();
  await jobs?.service.stop();
  directory?.stop();
});

/** A token as the proxy makes it for a visitor of `web`. */
function tokenOf(person: string, organisation: string | null = null, audience = 'web'): string {
  const now = Date.now();
  const session = {
    id: `session-of-${person}`,
    person,
    expires: now + 3_600_000,
    authenticated: now,
    level: 'aal1',
  };
  return keys.token(audience, session, { organisation, roles: [] });
}

interface Asked {
  token?: string;
  body?: unknown;
  port?: number;
}

async function open(
  method: string,
  path: string,
  { token, body, port = orders.service.port }: Asked = {},
): Promise<IncomingMessage> {
  const read = (name: string) => readFileSync(join(web, name), 'utf8');
  const asked = request({
    ...{ host: 'localhost', port, method, path, agent: false, ALPNProtocols: ['http/1.1'] },
    ...{ cert: read('tls.crt'), key: read('tls.key'), ca: orders.authority.roots },
    headers: {
      ...(token === undefined ? {} : { [personHeader]: token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
  });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (response === undefined) throw new Error('an answer without a message');
  return response;
}

async function ask(
  method: string,
  path: string,
  asked: Asked = {},
): Promise<{ status: number; body: unknown }> {
  const response = await open(method, path, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
}

const oneOrder = z.object({
  order: z.looseObject({ id: z.string(), customer: z.string(), state: z.string() }),
});

async function place(token: string, more: object = {}): Promise<z.output<typeof oneOrder>['order']> {
  const answer = await ask('POST', '/v1/orders', { token, body: { customer: 'Choir', lines, ...more } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return oneOrder.parse(answer.body).order;
}

/** The orders of a stream, as they come. */
async function watch(token: string, port?: number) {
  const response = await open('GET', '/v1/order-events', { token, ...(port === undefined ? {} : { port }) });
  const heard: z.output<typeof oneOrder>['order'][] = [];
  let text = '';
  response.on('data', (chunk: Buffer) => {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events)
      if (event.startsWith('data: ')) heard.push(oneOrder.parse(JSON.parse(event.slice(6))).order);
  });
  return { response, heard };
}

describe('a person', () => {
  it('places an order for the own organisation, which all of its members see', async () => {
    const made = await place(tokenOf('ada', club));
    expect(made).toMatchObject({
      customer: 'Choir',
      total: 2_500,
      state: 'ORDER_STATE_PLACED',
      confirmedAt: null,
    });
    const seen = await ask('GET', `/v1/orders/${made.id}`, { token: tokenOf('bo', club) });
    expect(seen).toMatchObject({ status: 200, body: { order: { id: made.id } } });
    const rows = await asSuperuser(
      inject('postgres'),
      database.replace('-', '_'),
      `select owner, placed_by from orders where id = '${made.id}'`,
    );
    expect(rows).toEqual([{ owner: `organisation:${club}`, placed_by: 'ada' }]);
  });

  it('lists the own orders page by page, newest first, and none of another owner', async () => {
    const mine = tokenOf('grace');
    for (let i = 0; i < 5; i++) await place(mine, { customer: `Customer ${i}` });
    await place(tokenOf('eve'), { customer: 'Of Eve' });
    const listed = z.object({
      orders: z.array(z.object({ customer: z.string() })),
      nextPageToken: z.string(),
    });
    const found: string[] = [];
    let token = '';
    do {
      const answer = await ask('GET', `/v1/orders?pageSize=2&pageToken=${token}`, { token: mine });
      const page = listed.parse(answer.body);
      found.push(...page.orders.map(({ customer }) => customer));
      token = page.nextPageToken;
    } while (token !== '');
    expect(found).toEqual([4, 3, 2, 1, 0].map((i) => `Customer ${i}`));
  });

  it.each([
    ['another person', tokenOf('eve')],
    ['another organisation', tokenOf('eve', randomUUID())],
    ['the same person without the organisation', tokenOf('ada')],
  ])('does not see an order as %s', async (_, token) => {
    const { id } = await place(tokenOf('ada', club));
    expect(await ask('GET', `/v1/orders/${id}`, { token })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    });
  });

  it('does not get the order of another one by its key', async () => {
    const mine = await place(tokenOf('ada'), { idempotencyKey: 'one' });
    expect((await place(tokenOf('ada'), { idempotencyKey: 'one' })).id).toBe(mine.id);
    expect((await place(tokenOf('eve'), { idempotencyKey: 'one' })).id).not.toBe(mine.id);
  });

  it.each<[string, object, string]>([
    ['no customer', { customer: ' ', lines }, 'customer'],
    [
      'a price below 0',
      { customer: 'a', lines: [{ sku: 'a', quantity: 1, unitPrice: -1 }] },
      'lines.0.unitPrice',
    ],
    ['an owner', { customer: 'a', lines, owner: 'person:eve' }, 'owner'],
    ['a state', { customer: 'a', lines, state: 'ORDER_STATE_CONFIRMED' }, 'state'],
  ])('cannot place an order with %s', async (_, body, where) => {
    expect(await ask('POST', '/v1/orders', { token: tokenOf('ada'), body })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(where) } },
    });
  });
});

/** Every operation of the OpenAPI document. */
const operations = Object.entries(
  z
    .object({
      paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
    })
    .parse(ordersDocument()).paths,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, each]) => ({
    ...{ id: each.operationId, method: method.toUpperCase(), path },
    hasBody: each.requestBody !== undefined,
  })),
);

describe('an order of another organisation', () => {
  const ada = tokenOf('ada', club);
  const eve = tokenOf('eve', randomUUID());
  // Without what the service itself sets a moment after an order was placed.
  const rows = () =>
    asSuperuser(
      inject('postgres'),
      database.replace('-', '_'),
      `select to_jsonb(o) - 'confirmation_enqueued' - 'confirmed_at' from orders o where owner = 'organisation:${club}' order by id`,
    );

  it('is what one operation names, and others list', () => {
    expect(operations.map(({ id }) => id).sort()).toEqual([
      'getOrder',
      'listOrders',
      'placeOrder',
      'watchOrders',
    ]);
  });

  it.each(operations.filter(({ path }) => path.includes('{')))(
    'is to $id as one that nobody has',
    async ({ method, path, hasBody }) => {
      const { id } = await place(ada);
      const before = await rows();
      const body = hasBody ? { body: { customer: 'Eve', lines } } : {};
      const answers = await Promise.all(
        [id, randomUUID()].map(async (each) => {
          const answer = await ask(method, path.replace('{id}', each), { token: eve, ...body });
          return JSON.stringify(answer).replaceAll(each, 'ID');
        }),
      );
      expect(answers[0]).toBe(answers[1]);
      expect(JSON.parse(answers[0] ?? '')).toMatchObject({ status: 404 });
      expect(await rows()).toEqual(before);
    },
  );

  it.each(operations.filter(({ path }) => !path.includes('{') && !path.endsWith('events')))(
    'is not in the answer of $id',
    async ({ method, path, hasBody }) => {
      const { id } = await place(ada, { idempotencyKey: 'of-the-club' });
      const before = await rows();
      const body = hasBody ? { body: { customer: 'Eve', lines, idempotencyKey: 'of-the-club' } } : {};
      const answer = await ask(method, path, { token: eve, ...body });
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).not.toContain(id);
      expect(await rows()).toEqual(before);
    },
  );

  it.each([
    'owner',
    'placedBy',
    'placed_by',
    'organisation',
    'state',
    'id',
    'total',
    'placedAt',
    'confirmedAt',
  ])('is not made by the field %s', async (name) => {
    const before = await rows();
    const body = { customer: 'Eve', lines, [name]: `organisation:${club}` };
    const answer = await ask('POST', '/v1/orders', { token: eve, body });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(name) } },
    });
    expect(await rows()).toEqual(before);
  });
});

describe('REST refuses', () => {
  const paths = operations.map(({ method, path }) => [method, path.replace('{id}', randomUUID())] as const);

  it.each(paths)('%s %s without a token, although web may call', async (method, path) => {
    const body = method === 'POST' ? { body: { customer: 'a', lines } } : {};
    expect(await ask(method, path, body)).toMatchObject({ status: 401 });
  });

  it.each(paths)('%s %s with a token for another app', async (method, path) => {
    const body = method === 'POST' ? { body: { customer: 'a', lines } } : {};
    expect(await ask(method, path, { token: tokenOf('ada', null, 'shop'), ...body })).toMatchObject({
      status: 401,
    });
  });

  it('every token where the environment has no accounts', async () => {
    const { PEOPLE_KEYS: _, ...env } = orders.env;
    const other = await startOrders({ env, ports: { mutual: 0, plain: 0 } });
    const answer = await ask('GET', '/v1/orders', { token: tokenOf('ada'), port: other.port });
    await other.stop();
    expect(answer).toMatchObject({ status: 401 });
  });
});

describe('the stream of orders', () => {
  it('tells of an order that is placed at another replica, and of its confirmation', async () => {
    const other = await startOrders({ env: orders.env, ports: { mutual: 0, plain: 0 } });
    const token = tokenOf('ada', club);
    const { response, heard } = await eventually(async () => {
      const stream = await watch(token, other.port);
      return stream.response.statusCode === 200 ? stream : undefined;
    });
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    });
    const { id } = await place(token);
    await eventually(() => heard.find((each) => each.id === id && each.state === 'ORDER_STATE_CONFIRMED'));
    expect(heard.filter((each) => each.id === id).map(({ state }) => state)).toContain('ORDER_STATE_PLACED');
    // Open streams do not hold up the end of a service.
    const ended = once(response, 'close');
    const began = Date.now();
    await other.stop();
    await ended;
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('tells nothing of orders of other owners', async () => {
    const { response, heard } = await watch(tokenOf('eve'));
    await place(tokenOf('ada', club));
    const { id } = await place(tokenOf('eve'));
    await eventually(() => heard.find((each) => each.id === id));
    expect(heard.every((each) => each.id === id)).toBe(true);
    response.destroy();
  });

  it('ends when the connection by which the database announces is lost, and can be opened again', async () => {
    const { response } = await watch(tokenOf('ada'));
    const ended = once(response, 'end');
    response.resume();
    await asSuperuser(
      inject('postgres'),
      'postgres',
      "select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen orders'",
    );
    await ended;
    const again = await eventually(async () => {
      const stream = await watch(tokenOf('ada'));
      return stream.response.statusCode === 200 ? stream : undefined;
    });
    const { id } = await place(tokenOf('ada'));
    await eventually(() => again.heard.find((each) => each.id === id));
    again.response.destroy();
  });
});

describe('gRPC', () => {
  let client: OrdersServiceClient;
  beforeAll(() => {
    client = connect(OrdersServiceClient, orders.address, web);
  });
  afterAll(() => client.close());

  const withToken = (token: string) => {
    const metadata = new Metadata();
    metadata.set(personHeader, token);
    return metadata;
  };

  it('shows with the token of a person the orders of that person alone', async () => {
    const { id } = await place(tokenOf('ada', club));
    const seen = (token: string) =>
      new Promise<number>((done) => {
        client.getOrder({ id }, withToken(token), (error) => done(error?.code ?? status.OK));
      });
    expect(await seen(tokenOf('bo', club))).toBe(status.OK);
    expect(await seen(tokenOf('eve'))).toBe(status.NOT_FOUND);
    expect(await seen('no token')).toBe(status.UNAUTHENTICATED);
  });

  it('streams the orders that are placed', async () => {
    const token = tokenOf('ada', club);
    const heard: WatchOrdersResponse[] = [];
    const call = client.watchOrders({}, withToken(token));
    call.on('data', (each: WatchOrdersResponse) => heard.push(each));
    call.on('error', () => {}); // it is cancelled at the end
    const found = await eventually(async () => {
      const { id } = await place(token);
      return heard.find(({ order }) => order?.id === id) ?? undefined;
    });
    expect(found.order).toMatchObject({ customer: 'Choir', total: 2_500, placedAt: expect.any(Date) });
    call.cancel();
  });
});
