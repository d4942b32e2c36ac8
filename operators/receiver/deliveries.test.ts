import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { receiverWorld, webhookSecret } from '../../test/receiver/world.ts';

/** On a busy machine. */
const soon = { timeout: 15_000 };

const push = (ref = 'refs/heads/main') => JSON.stringify({ ref, after: '1'.repeat(40) });
const code = (body: string, secret = webhookSecret) =>
  createHmac('sha256', secret).update(body).digest('hex');

/** Headers with which each forge signs a body. */
const signed = {
  github: (body: string, secret?: string) => ({ 'x-hub-signature-256': `sha256=${code(body, secret)}` }),
  gitea: (body: string, secret?: string) => ({ 'x-gitea-signature': code(body, secret) }),
  forgejo: (body: string, secret?: string) => ({
    'x-forgejo-signature': code(body, secret),
    'x-gitea-signature': code(body, secret),
  }),
  gitlab: (_: string, secret = webhookSecret) => ({ 'x-gitlab-token': secret }),
};

async function deliver(url: string, headers: Record<string, string>, body = push()): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body });
  expect(await response.text(), 'no answer says more than its status').toBe('');
  return response.status;
}

describe.each([
  ['GitHub', 'github', signed.github],
  ['Gitea', 'gitea', signed.gitea],
  ['Forgejo', 'gitea', signed.forgejo],
  ['GitLab', 'gitlab', signed.gitlab],
] as const)('a delivery of %s', (_, kind, sign) => {
  it('makes Flux read the Git source and no other object', async () => {
    const { url, asked } = await receiverWorld({ kind });
    expect(await deliver(url, sign(push()))).toBe(202);
    expect(asked.api).toEqual([
      {
        method: 'PATCH',
        path: '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/platform?fieldManager=receiver',
        authorization: 'Bearer token-of-the-pod',
        body: {
          metadata: {
            annotations: { 'reconcile.fluxcd.io/requestedAt': expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
          },
        },
      },
    ]);
  });

  it('is refused with another secret, without a signature, and with that of another kind of forge, and makes no request', async () => {
    const { url, asked } = await receiverWorld({ kind });
    expect(await deliver(url, sign(push(), 'another-secret-of-a-test'))).toBe(403);
    expect(await deliver(url, {})).toBe(401);
    const other = kind === 'github' ? signed.gitlab : signed.github;
    expect(await deliver(url, other(push()))).toBe(401);
    expect(asked.api).toEqual([]);
  });

  it('is ignored for another branch, a tag and an event that is no push', async () => {
    const { url, asked } = await receiverWorld({ kind });
    for (const body of [push('refs/heads/mainline'), push('refs/tags/main'), '{"ref":"main"}', '{"zen":"x"}'])
      expect(await deliver(url, sign(body), body)).toBe(202);
    expect(asked.api).toEqual([]);
  });
});

it('a changed body is refused where the forge signs bodies', async () => {
  const { url, asked } = await receiverWorld();
  expect(await deliver(url, signed.github(push('refs/heads/other')))).toBe(403);
  expect(asked.api).toEqual([]);
});

it('a delivery that is sent again asks for the same request again, which names no commit', async () => {
  const { url, asked } = await receiverWorld();
  for (let i = 0; i < 2; i++) expect(await deliver(url, signed.github(push()))).toBe(202);
  expect(asked.api).toHaveLength(2);
  expect(JSON.stringify(asked.api)).not.toContain('1'.repeat(40));
});

it('a burst of deliveries makes one request at a time, and a last one after the last delivery', async () => {
  const world = await receiverWorld();
  world.hold();
  const all = Array.from({ length: 20 }, () => deliver(world.url, signed.github(push())));
  await expect.poll(() => world.asked.api.length, soon).toBe(1);
  world.release();
  expect(new Set(await Promise.all(all))).toEqual(new Set([202]));
  expect(world.asked.api.length).toBeLessThan(20);
});

/** A connection on which a delivery has begun. */
function begun(url: string, header: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`POST /push HTTP/1.1\r\nhost: x\r\nx-hub-signature-256: sha256=0\r\n${header}\r\n\r\n`);
  return socket;
}

it('a body of more than 1 MiB is refused: before it is sent where its size is said, else once it has come', async () => {
  const { url, asked } = await receiverWorld();
  const said = begun(url, `content-length: ${1024 * 1024 + 1}`);
  expect(String((await once(said, 'data'))[0])).toMatch(/^HTTP\/1\.1 413 /);
  said.destroy();
  const unsaid = begun(url, 'transfer-encoding: chunked');
  for (let i = 0; i < 16; i++) unsaid.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
  unsaid.write('1\r\nx\r\n');
  expect(String((await once(unsaid, 'data'))[0])).toMatch(/^HTTP\/1\.1 413 /);
  unsaid.destroy();
  expect(asked.api).toEqual([]);
});

it('a body that does not arrive in time ends its connection', async () => {
  const { url, asked } = await receiverWorld({ patience: 300 });
  const socket = begun(url, 'content-length: 100');
  socket.write('{');
  await once(socket.resume(), 'close');
  expect(asked.api).toEqual([]);
});

it('other paths and methods have no answer but their status', async () => {
  const { url } = await receiverWorld();
  const status = async (at: string, method: string) => (await fetch(at, { method })).status;
  expect(await status(url, 'GET')).toBe(405);
  expect(await status(url.replace('/push', '/'), 'POST')).toBe(404);
  expect(await status(url.replace('/push', '/metrics'), 'GET')).toBe(404);
});

it('a form in place of JSON is refused, and the log says what to set', async () => {
  const { url, said } = await receiverWorld();
  expect(await deliver(url, signed.github('payload=x'), 'payload=x')).toBe(400);
  expect(said.join('\n')).toContain('set the content type of the webhook to application/json');
});

it('the forge is told when the API server refuses, and the next delivery is asked for anew', async () => {
  const { url, asked, said } = await receiverWorld({ patches: [403] });
  expect(await deliver(url, signed.github(push()))).toBe(503);
  expect(said.join('\n')).toContain('the API server answered 403 for PATCH');
  expect(await deliver(url, signed.github(push()))).toBe(202);
  expect(asked.api).toHaveLength(2);
});

it('a changed secret counts without a restart, and an empty one admits nobody', async () => {
  const { url, secrets } = await receiverWorld();
  writeFileSync(join(secrets, 'webhook-secret'), 'the-next-secret-of-a-test');
  expect(await deliver(url, signed.github(push()))).toBe(403);
  expect(await deliver(url, signed.github(push(), 'the-next-secret-of-a-test'))).toBe(202);
  writeFileSync(join(secrets, 'webhook-secret'), '');
  expect(await deliver(url, signed.github(push(), ''))).toBe(503);
});

it('does not start with a secret that is too short', async () => {
  await expect(receiverWorld({ secret: 'short' })).rejects.toThrow(
    'the key webhook-secret of the Secret has 5 characters; at least 16 are needed',
  );
});

it('neither the log nor the metrics have the secret or a body', async () => {
  const { url, probes, said } = await receiverWorld();
  await deliver(url, signed.github(push()));
  await deliver(url, signed.github(push(), 'another-secret-of-a-test'));
  const metrics = await (await fetch(`${probes}/metrics`)).text();
  expect(metrics).toMatch(/^receiver_deliveries_total\{outcome="requested"\} \d+$/m);
  expect(metrics).toMatch(/^receiver_deliveries_total\{outcome="forged"\} \d+$/m);
  for (const word of [webhookSecret, code(push()), '1'.repeat(40)])
    expect(`${said.join('\n')}${metrics}`).not.toContain(word);
});

it('is ready until it stops', async () => {
  const { probes, running } = await receiverWorld();
  expect((await fetch(`${probes}/readyz`)).status).toBe(200);
  await running.stop();
  await expect(fetch(`${probes}/readyz`)).rejects.toThrow();
});
