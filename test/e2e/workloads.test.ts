import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { forwardTo, forwardToPod } from '../../scripts/call/port-forward.ts';
import { visit } from '../../scripts/cluster/visit.ts';
import { until } from '../until.ts';
import { gatewayPlace } from './gateway.ts';
import { said, World } from './identity/world.ts';

const apps = [
  'notes',
  'members',
  'clock',
  'gated',
  'busy',
  'partner',
  'wired',
  'rooted',
  'quiet',
  'door',
  'calls',
];

/** Port of the gateway on this machine, in clusters of stories. */
const httpsPort = 19443;

const deployed = z.object({ phases: z.array(z.object({ title: z.string(), seconds: z.number() })) });

/** Each kind of work that app.ts can describe runs in a real cluster and does what it is for. */
describe('ordinary workloads', () => {
  const world = new World();

  /** What a pod of an app answers; by its name where it is one of several. */
  async function ask(
    app: string,
    path: string,
    options: { pod?: string; port?: number } = {},
  ): Promise<string> {
    const { pod, port = 8080 } = options;
    const forward =
      pod === undefined
        ? await forwardToPod(world.cluster, app, port)
        : await forwardTo(world.cluster, { namespace: app, pod, port });
    try {
      const answer = await fetch(`http://127.0.0.1:${forward.port}${path}`, {
        signal: AbortSignal.timeout(10_000),
        headers: { connection: 'close' },
      });
      return await answer.text();
    } finally {
      forward.close();
    }
  }

  const get = (...args: string[]): Promise<string> =>
    world.probe.kubectl(['get', ...args]).then((text) => text.trim());

  const deploy = async (message: string) => {
    const ended = await world.checkout.npm('deploy', '--message', message, '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    const { phases } = deployed.parse(JSON.parse(ended.stdout));
    console.log(
      `${message}: ${phases.map(({ title, seconds }) => `${title} ${seconds.toFixed(1)} s`).join(', ')}`,
    );
  };

  const setSecret = async (value: string) => {
    await execa('npm', ['run', '--silent', 'secrets', '--', 'set', 'partner', 'PAY_KEY'], {
      cwd: world.checkout.root,
      env: world.checkout.env,
      input: value,
    });
  };

  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  beforeAll(() =>
    world.begin(async (checkout) => {
      await cp(join(import.meta.dirname, 'workloads', 'apps'), join(checkout.root, 'apps'), {
        recursive: true,
      });
      await checkout.edit(
        'clusters/dev/cluster.yaml',
        (text) => `${text.trimEnd()}\n${apps.map((app) => `  ${app}:\n`).join('')}`,
      );
    }),
  );
  afterAll(() => world.end());

  it('says which secret is missing before anything starts, and starts once it is set', async () => {
    const refused = await world.checkout.npm('init-cluster');
    expect(refused.exitCode, said(refused)).not.toBe(0);
    expect(said(refused)).toContain('npm run secrets -- set partner PAY_KEY');
    await setSecret('plinth-value-one');
    const ended = await world.checkout.npm('init-cluster', '--json');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
  });

  it('keeps what it wrote on its volume when its pod is replaced', async () => {
    await ask('notes', '/?add=remember');
    await world.probe.kubectl(['delete', 'pod', '-n', 'notes', '--all', '--wait']);
    await until(
      async () => (await ask('notes', '/')) === 'remember\n',
      'the note after the pod was replaced',
    );
  });

  it('gives each pod its name and its volume back, and each finds the other', async () => {
    const before = await ask('members', '/', { pod: 'members-1' });
    expect(before).toMatch(/^members-1 /);
    expect(await ask('members', '/?ask=members-1', { pod: 'members-0' })).toBe(before);
    await world.probe.kubectl(['delete', 'pod', '-n', 'members', 'members-1', '--wait']);
    await until(
      async () => (await ask('members', '/', { pod: 'members-1' })) === before,
      'members-1 with its volume',
    );
  });

  it('runs by the clock', async () => {
    await until(async () => {
      const succeeded = await get('jobs', '-n', 'clock', '-o', 'jsonpath={.items[*].status.succeeded}');
      return succeeded.split(' ').includes('1');
    }, 'a run of clock that succeeded');
  });

  it('goes on with the old version where the job of the new one fails', async () => {
    expect(await ask('gated', '/')).toBe('1');
    await world.checkout.edit('apps/gated/app.ts', (text) =>
      text.replace("VERSION: '1', CHECK: 'passes'", "VERSION: '2', CHECK: 'fails'"),
    );
    const failed = await world.checkout.npm('deploy', '--message', 'A version whose job fails');
    expect(failed.exitCode, said(failed)).not.toBe(0);
    expect(said(failed)).toContain('gated');
    expect(await ask('gated', '/')).toBe('1');
    await world.checkout.edit('apps/gated/app.ts', (text) =>
      text.replace("CHECK: 'fails'", "CHECK: 'passes'"),
    );
    await deploy('The job passes');
    expect(await ask('gated', '/')).toBe('2');
  });

  it('has the secret, and a new value replaces the pod', async () => {
    expect(await ask('partner', '/key')).toBe(sha256('plinth-value-one'));
    await setSecret('plinth-value-two');
    await deploy('Another key');
    expect(await ask('partner', '/key')).toBe(sha256('plinth-value-two'));
    const events = await get('configmaps,deployments,pods', '-n', 'partner', '-o', 'yaml');
    expect(events).not.toContain('plinth-value-two');
  });

  it('reaches the host that it names by its proxy, no other, and none without it', async () => {
    const named = await ask('partner', '/tunnel?host=api.example.org');
    // Where there is no internet the name is not known: the proxy then looked it up, and let the app ask for it.
    expect(named).toMatch(/^HTTP\/1\.1 (200|502) /);
    const other = await ask('partner', '/tunnel?host=evil.example.org');
    expect(other).toMatch(/^HTTP\/1\.1 403 /);
    expect(other).toContain('evil.example.org');
    const direct = await ask('partner', '/direct?host=10.96.0.1');
    expect(direct).not.toBe('connected');
  });

  it('has its file, what the step before it made and what the process beside it made; a changed file replaces the pod', async () => {
    expect(await ask('wired', '/')).toBe('prepared beside hello');
    await world.checkout.edit('apps/wired/files/greeting', () => 'good evening\n');
    await deploy('Another greeting');
    expect(await ask('wired', '/')).toBe('prepared beside good evening');
  });

  it('answers at each of its names, at its paths and with its headers, and leads on from an address that moved', async () => {
    for (const host of ['door.dev.localhost', 'entrance.dev.localhost']) {
      const place = await gatewayPlace(world.cluster, host, httpsPort);
      const page = await visit(place, '/about');
      expect([page.status, page.body]).toEqual([200, 'pages /about front']);
      expect(page.headers['x-frame-options']).toBe('DENY');
      expect((await visit(place, '/files/a.zip')).body).toBe('downloads /files/a.zip front');
      const moved = await visit(place, '/home');
      expect([moved.status, moved.headers.location]).toEqual([301, `https://${host}:${httpsPort}/`]);
    }
  });

  it('takes a call of gRPC through the gateway', async () => {
    const { host, roots } = await gatewayPlace(world.cluster, 'calls.dev.localhost', httpsPort);
    const session = connect(`https://127.0.0.1:${httpsPort}`, { servername: host, ca: [...(roots ?? [])] });
    try {
      const message = Buffer.from([0, 0, 0, 0, 2, 10, 0]);
      const call = session.request({
        ...{ ':method': 'POST', ':path': '/any.Service/Call', ':authority': `${host}:${httpsPort}` },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      });
      const trailers = once(call, 'trailers');
      call.end(message);
      const chunks: Buffer[] = [];
      for await (const chunk of call) chunks.push(chunk);
      expect(Buffer.concat(chunks)).toEqual(message);
      expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
    } finally {
      session.close();
    }
  });

  it('is root on port 80 where its exceptions say so', async () => {
    expect(await ask('rooted', '/', { port: 80 })).toBe('0 1234');
  });

  it('works without a port, and below others in priority', async () => {
    const logs = await world.checkout.npm('logs', 'quiet', '--limit', '5');
    expect(logs.stdout).toContain('worked');
    expect(await get('pods', '-n', 'quiet', '-o', 'jsonpath={.items[0].spec.priority}')).toBe('-10');
  });

  it('gets a second pod under load', async () => {
    const stop = new AbortController();
    const load = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) await ask('busy', '/').catch(() => undefined);
    });
    await until(
      async () => (await get('deploy', 'busy', '-n', 'busy', '-o', 'jsonpath={.spec.replicas}')) === '2',
      'two pods of busy',
    );
    stop.abort();
    await Promise.all(load);
  });
});
