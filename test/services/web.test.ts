import { type ChildProcess, spawn } from 'node:child_process';
import { chown, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { installDebianPackages } from '../../images/debian/index.ts';
import { freePort } from '../free-port.ts';
import { AccountsWorld, issuer } from './accounts/world.ts';
import { writeIdentity } from './identity-folder.ts';
import { eventually, identity, type Running, runJobs, runOrders } from './world.ts';

/* nginx of apps/web, started as its image starts it, before apps/accounts and apps/orders on a real Postgres. */

/** User of the process in the cluster. */
const user = 65532;
const source = join(import.meta.dirname, '../../apps/web/nginx');

let world: AccountsWorld;
let jobs: Running;
let orders: Running;
let folder = '';
let nginx: ChildProcess | undefined;
let said = '';
let origin = '';

beforeAll(async () => {
  await installDebianPackages(['nginx-light'], (line) => console.log(line));
  world = await AccountsWorld.start('web');
  jobs = await runJobs('jobs-of-web', ['orders']);
  orders = await runOrders('orders-of-web', ['web'], jobs, inject('postgres'), {
    PEOPLE_KEYS: `https://localhost:${world.directory.port}/keys`,
    PEOPLE_IDENTITY_DIR: await identity(world.signIn, 'orders'),
    PEOPLE_ISSUER: issuer,
    PEOPLE_AUDIENCES: 'web',
  });
  folder = await mkdtemp(join(tmpdir(), 'plinth-web-'));
  await cp(source, join(folder, 'nginx'), { recursive: true });
  for (const name of ['dist/assets', 'work', 'identity', 'orders-identity'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'dist/index.html'), `<!doctype html><title>Pages</title>${' '.repeat(1_000)}`);
  await writeFile(join(folder, 'dist/assets/main-abc123.js'), `/*${' '.repeat(1_000)}*/`);
  await certificateOf('web');
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const isRoot = process.getuid?.() === 0;
  nginx = spawn('sh', [join(folder, 'nginx/start.sh')], {
    env: {
      ...process.env,
      ...{ PORT: `${port}`, TMPDIR: join(folder, 'work') },
      ...{ ACCOUNTS_ADDRESS: `localhost:${world.services[0]?.port}` },
      ACCOUNTS_IDENTITY_DIR: join(folder, 'identity'),
      ORDERS_ADDRESS: orders.address,
      ORDERS_IDENTITY_DIR: join(folder, 'orders-identity'),
    },
    ...(isRoot ? { uid: user, gid: user } : {}),
    // A group of its own: start.sh has a second process, which ends with the container in a cluster.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [nginx.stdout, nginx.stderr]) stream?.on('data', (chunk) => (said += chunk));
  await eventually(async () => {
    if (nginx?.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    const answer = await ask('/healthz').catch(() => undefined); // it does not listen yet
    return answer?.status === 200 ? true : undefined;
  });
}, 5 * 60_000);

afterAll(async () => {
  if (nginx?.pid !== undefined) process.kill(-nginx.pid);
  await orders?.service.stop();
  await jobs?.service.stop();
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Writes certificates of the authorities of accounts and orders for a name, readable for the user of nginx alone. */
async function certificateOf(commonName: string): Promise<void> {
  for (const [name, authority] of [
    ['identity', world.authority],
    ['orders-identity', orders.authority],
  ] as const)
    writeIdentity(join(folder, name), await authority.issue({ commonName }), authority.roots);
  if (process.getuid?.() !== 0) return;
  await chown(folder, user, user);
  for (const entry of await readdir(folder, { recursive: true }))
    await chown(join(folder, entry), user, user);
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${origin}${path}`, init);
}

/** Waits until the API answers with this status: nginx looks at its certificates every 20 s. */
async function answersBy(status: number): Promise<void> {
  await eventually(async () => {
    const answer = await ask('/api/accounts/v1/session', { headers: asAda() });
    return answer.status === status ? true : undefined;
  }, 60);
}

const asAda = () => ({ 'x-plinth-person': world.token('ada', { audience: 'web' }) });

describe('the pages', () => {
  it.each(['/', '/organisations/1/members', '/admin'])(
    '%s is the page, which is asked for each time',
    async (path) => {
      const answer = await ask(path);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('<title>Pages</title>');
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'cache-control': 'no-cache',
        'content-encoding': 'gzip',
        'content-type': 'text/html',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|data:|https?:/);
    },
  );

  it('a file with a hash in its name is kept by the browser', async () => {
    const { status, headers } = await ask('/assets/main-abc123.js');
    expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(headers.get('content-encoding')).toBe('gzip');
  });

  it('a file that is not there is no page', async () => {
    expect((await ask('/assets/main-before.js')).status).toBe(404);
  });

  it('files beside the pages are not served', async () => {
    const body = await (await ask('/..%2fnginx/nginx.conf')).text();
    expect(body).not.toContain('proxy_pass');
  });
});

describe('the API', () => {
  it('is asked with the certificate of web and the token of the person', async () => {
    const answer = await ask('/api/accounts/v1/session', { headers: asAda() });
    expect(answer.status, await answer.clone().text()).toBe(200);
    expect(await answer.json()).toMatchObject({ session: { person: 'ada', state: 'valid' } });
  });

  it('refuses a request without a token, and one with the API key of somebody', async () => {
    const headers = [{}, { authorization: 'Bearer plinth_key_abc' }];
    for (const each of headers) {
      const answer = await ask('/api/accounts/v1/organisations', { headers: each });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('API key is not valid');
    }
  });

  it('hears the address of the visitor as the gateway saw it', async () => {
    const made = await ask('/api/accounts/v1/organisations', {
      method: 'POST',
      headers: { ...asAda(), 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7' },
      body: JSON.stringify({ name: 'Club' }),
    });
    const { organisation } = (await made.json()) as { organisation: { id: string } };
    const log = await ask(`/api/accounts/v1/organisations/${organisation.id}/audit`, { headers: asAda() });
    expect(await log.json()).toMatchObject({
      entries: [{ actor: 'person:ada', address: '192.0.2.7', app: 'web' }],
    });
  });

  it('refuses what another site sends', async () => {
    const answer = await ask('/api/accounts/v1/organisations', {
      method: 'POST',
      headers: { ...asAda(), 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify({ name: 'Club' }),
    });
    expect(answer.status).toBe(403);
  });

  it('is asked with a renewed certificate without a restart', async () => {
    await certificateOf('stranger');
    await answersBy(403);
    await certificateOf('web');
    await answersBy(200);
  }, 150_000);

  it('of orders is asked with the certificate of web, and sends each event at once', async () => {
    const stream = await eventually(async () => {
      const answer = await ask('/api/orders/v1/order-events', { headers: asAda() });
      return answer.status === 200 ? answer : undefined;
    });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    const placed = await ask('/api/orders/v1/orders', {
      method: 'POST',
      headers: { ...asAda(), 'content-type': 'application/json' },
      body: JSON.stringify({ customer: 'Choir', lines: [{ sku: 'a', quantity: 1, unitPrice: 1 }] }),
    });
    expect(placed.status, await placed.clone().text()).toBe(200);
    let text = '';
    const began = Date.now();
    while (!text.includes('"customer":"Choir"')) text += (await reader?.read())?.value ?? '';
    expect(Date.now() - began).toBeLessThan(2_000);
    await reader?.cancel();
  });

  it('of orders refuses a request without a token', async () => {
    expect((await ask('/api/orders/v1/orders')).status).toBe(401);
  });
});
