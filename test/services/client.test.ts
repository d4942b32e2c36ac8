import { request } from 'node:http';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from './identity-folder.ts';
import { eventually, identity, type Running, runJobs, runOrders } from './world.ts';

const root = join(import.meta.dirname, '../..');
let jobs: Running;
let orders: Running;
let state = '';

beforeAll(async () => {
  state = scratch();
  jobs = await runJobs('jobs-of-client', ['orders', 'person:me']);
  orders = await runOrders('orders-client', ['person:me'], jobs);
});

afterAll(async () => {
  await orders?.service.stop();
  await jobs?.service.stop();
});

function start(app: 'orders' | 'jobs', args: string[]) {
  return execa(process.execPath, [join(root, `scripts/${app}.ts`), ...args], {
    cwd: root,
    env: { PLINTH_STATE: state },
    reject: false,
    stdin: 'ignore',
  });
}

/** As a person types it, to a service that listens here. */
async function type(running: Running, app: 'orders' | 'jobs', ...args: string[]) {
  const folder = await identity(running.authority, 'person:me');
  return start(app, [...args, '--address', running.address, '--identity', folder]);
}

describe('npm run orders', () => {
  it('places an order once per idempotency key, and lists it', async () => {
    const args = ['place', 'Ada', 'plinth-1:2:1250', 'a:1:99', '--key', 'k', '--json'];
    const first = JSON.parse((await type(orders, 'orders', ...args)).stdout);
    const second = JSON.parse((await type(orders, 'orders', ...args)).stdout);
    expect(second.id).toBe(first.id);
    const listed = await type(orders, 'orders', 'list', '--customer', 'Ada');
    expect(listed.exitCode).toBe(0);
    expect(listed.stdout).toMatch(new RegExp(`${first.id} +Ada +2 +25\\.99 +(placed|confirmed)`));
  });

  it.each([
    ['a malformed line', ['place', 'Ada', 'plinth'], 'SKU:QUANTITY:CENTS'],
    ['an unknown order', ['get', '00000000-0000-4000-8000-000000000000'], 'NOT_FOUND: no order'],
    ['an order that the service refuses', ['place', ' ', 'a:1:1'], 'INVALID_ARGUMENT: customer'],
  ])('reports the fault of %s', async (_what, args, message) => {
    const { exitCode, stderr } = await type(orders, 'orders', ...args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at '); // no stack
  });

  it('names the command that issues a missing certificate', async () => {
    const { exitCode, stderr } = await start('orders', ['list', '--address', orders.address]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('npm run certs -- issue me --for orders');
  });
});

describe('npm run jobs', () => {
  it('enqueues, lists, shows, cancels and retries', async () => {
    const made = await type(
      jobs,
      'jobs',
      'enqueue',
      'shop.x',
      '{"a":1}',
      '--at',
      '2099-01-01T00:00Z',
      '--json',
    );
    const { id } = JSON.parse(made.stdout);
    expect((await type(jobs, 'jobs', 'list', 'shop.x', '--state', 'queued')).stdout).toContain(id);
    expect((await type(jobs, 'jobs', 'cancel', 'shop.x', id)).stdout).toContain('cancelled');
    expect((await type(jobs, 'jobs', 'retry', 'shop.x', id)).stdout).toContain('queued');
    expect((await type(jobs, 'jobs', 'queues')).stdout).toMatch(/shop\.x +1 +0/);
  });

  it('creates, lists and removes schedules', async () => {
    expect((await type(jobs, 'jobs', 'schedule', 'shop.y', '0 3 * * *')).stdout).toMatch(
      /^next: .*T03:00:00/,
    );
    expect((await type(jobs, 'jobs', 'schedules')).stdout).toMatch(/shop\.y +0 3 \* \* \* +UTC/);
    expect((await type(jobs, 'jobs', 'unschedule', 'shop.y')).exitCode).toBe(0);
  });

  it('reports the fault of a payload', async () => {
    const { exitCode, stderr } = await type(jobs, 'jobs', 'enqueue', 'shop.x', '[1]');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('expected a JSON object');
  });

  it('serves the page on the loopback address only', async () => {
    const folder = await identity(jobs.authority, 'person:me');
    const page = start('jobs', ['page', '--address', jobs.address, '--identity', folder]);
    let said = '';
    page.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const url = await eventually(() => /http:\S+/.exec(said)?.[0]);
    const home = await fetch(url);
    expect(await home.text()).toContain('<h1>Jobs</h1>');
    const queues = await fetch(`${url}v1/queues`);
    expect(await queues.json()).toMatchObject({ queues: expect.any(Array) });
    // A name that someone else made to point here.
    const status = await new Promise((done, fail) => {
      request(url, { headers: { host: 'evil.example' } }, ({ statusCode }) => done(statusCode))
        .on('error', fail)
        .end();
    });
    expect(status).toBe(403);
    page.kill('SIGINT');
    expect((await page).exitCode).toBe(0);
  });
});
