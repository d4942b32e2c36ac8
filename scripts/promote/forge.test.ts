import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Forge, forgeOf } from './forge.ts';

interface Asked {
  method: string | undefined;
  path: string | undefined;
  authorization: unknown;
  body: unknown;
}

beforeEach(() => vi.stubEnv('PLINTH_FORGE_TOKEN', 'of-a-test'));
afterEach(() => vi.unstubAllEnvs());

/** A forge that gives these answers in their order, and what it was asked. */
async function forge(
  kind: 'github' | 'gitlab' | 'gitea',
  answers: [status: number, body: unknown][],
): Promise<{ client: Forge; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request;
    const body = headers['content-type'] === 'application/json' ? await json(request) : undefined;
    asked.push({ method, path, authorization: headers.authorization ?? headers['private-token'], body });
    const [status, answer] = answers.shift() ?? [500, 'asked too often'];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source = { kind: 'git', url: 'https://git.example.org/team/platform.git', branch: 'main' } as const;
  const client = forgeOf({ ...source, forge: { kind, api } });
  if (client === undefined) throw new Error('no forge');
  return { client, asked };
}

const hub = (number: number) => ({
  number,
  html_url: `https://forge/${number}`,
  head: { ref: 'promote/shop/prod/1' },
  base: { ref: 'main' },
});
const lab = (iid: number) => ({ iid, web_url: `https://forge/${iid}`, source_branch: 'promote/shop/prod/1' });
const request = { branch: 'promote/shop/prod/1', into: 'main', title: 'Promote', body: 'risk' };
const pull = { number: 7, branch: 'promote/shop/prod/1', url: 'https://forge/7' };

/** Uses all that a forge can do. */
async function useAll(client: Forge) {
  const open = await client.open('main');
  const made = await client.create(request);
  await client.update(made, { title: 'New', body: 'text' });
  await client.close(made);
  return { open, made };
}

describe('a pull request is opened, listed, changed and closed as the forge documents it', () => {
  it('with the API of GitHub', async () => {
    const { client, asked } = await forge('github', [
      [200, [hub(7)]],
      [201, hub(7)],
      [200, hub(7)],
      [200, hub(7)],
    ]);
    expect(await useAll(client)).toEqual({ open: [pull], made: pull });
    const authorization = 'Bearer of-a-test';
    const path = '/repos/team/platform/pulls';
    expect(asked).toEqual([
      {
        method: 'GET',
        path: `${path}?state=open&base=main&per_page=100&page=1`,
        authorization,
        body: undefined,
      },
      {
        method: 'POST',
        path,
        authorization,
        body: { title: 'Promote', body: 'risk', head: request.branch, base: 'main' },
      },
      { method: 'PATCH', path: `${path}/7`, authorization, body: { title: 'New', body: 'text' } },
      { method: 'PATCH', path: `${path}/7`, authorization, body: { state: 'closed' } },
    ]);
  });

  it('with Gitea and Forgejo, which list all target branches', async () => {
    const { client, asked } = await forge('gitea', [
      [200, [hub(7), { ...hub(8), base: { ref: 'other' } }]],
      [201, hub(7)],
      [201, hub(7)],
      [201, hub(7)],
    ]);
    expect(await useAll(client)).toEqual({ open: [pull], made: pull });
    const authorization = 'token of-a-test';
    const path = '/repos/team/platform/pulls';
    expect(asked).toEqual([
      { method: 'GET', path: `${path}?state=open&limit=50&page=1`, authorization, body: undefined },
      {
        method: 'POST',
        path,
        authorization,
        body: { title: 'Promote', body: 'risk', head: request.branch, base: 'main' },
      },
      { method: 'PATCH', path: `${path}/7`, authorization, body: { title: 'New', body: 'text' } },
      { method: 'PATCH', path: `${path}/7`, authorization, body: { state: 'closed' } },
    ]);
  });

  it('with the API of GitLab', async () => {
    const { client, asked } = await forge('gitlab', [
      [200, [lab(7)]],
      [201, lab(7)],
      [200, lab(7)],
      [200, lab(7)],
    ]);
    expect(await useAll(client)).toEqual({ open: [pull], made: pull });
    const authorization = 'of-a-test';
    const path = '/projects/team%2Fplatform/merge_requests';
    const body = {
      source_branch: request.branch,
      target_branch: 'main',
      title: 'Promote',
      description: 'risk',
      remove_source_branch: true,
    };
    expect(asked).toEqual([
      {
        method: 'GET',
        path: `${path}?state=opened&target_branch=main&per_page=100&page=1`,
        authorization,
        body: undefined,
      },
      { method: 'POST', path, authorization, body },
      { method: 'PUT', path: `${path}/7`, authorization, body: { title: 'New', description: 'text' } },
      { method: 'PUT', path: `${path}/7`, authorization, body: { state_event: 'close' } },
    ]);
  });
});

it.each(['github', 'gitlab', 'gitea'] as const)(
  'open requests of all pages are listed by %s',
  async (kind) => {
    const size = kind === 'gitea' ? 50 : 100;
    const one = kind === 'gitlab' ? lab : hub;
    const { client, asked } = await forge(kind, [
      [200, Array.from({ length: size }, (_, n) => one(n + 1))],
      [200, [one(size + 1)]],
    ]);
    expect((await client.open('main')).map(({ number }) => number)).toEqual(
      Array.from({ length: size + 1 }, (_, n) => n + 1),
    );
    expect(asked).toHaveLength(2);
  },
);

it.each([
  [401, '{"message":"Bad credentials"}', 'has expired'],
  [403, '{"message":"Forbidden"}', 'refuses the token'],
  [422, '{"message":"No commits between main and promote"}', 'No commits between'],
  [200, '<html>Sign in</html>', 'something else than its API says'],
])('the answer %d with %s is reported without the token', async (status, body, says) => {
  const { client } = await forge('github', [[status, body]]);
  const failed = client.open('main');
  await expect(failed).rejects.toThrow(says);
  await expect(failed).rejects.not.toThrow('of-a-test');
});

it.each([
  ['before an answer', false],
  ['in the middle of it', true],
])('a connection that breaks %s is reported, with what is done and what to type', async (_, begun) => {
  const server = createServer((request, response) => {
    if (begun) {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('[', () => request.socket.destroy());
    } else request.socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = 'https://git.example.org/team/platform.git';
  const failed = forgeOf({ kind: 'git', url, branch: 'main', forge: { kind: 'gitea', api } })?.open('main');
  await expect(failed).rejects.toThrow('or the connection was lost');
  await expect(failed).rejects.toMatchObject({
    next: 'The branch is pushed. Type the same command again when it answers.',
  });
});

it('without a token it names the variable to set', () => {
  vi.stubEnv('PLINTH_FORGE_TOKEN', '');
  const url = 'https://github.com/team/platform.git';
  expect(() => forgeOf({ kind: 'git', url, branch: 'main', forge: { kind: 'github' } })).toThrow(
    'PLINTH_FORGE_TOKEN is not set',
  );
});

it('an environment without a forge has none', () => {
  expect(forgeOf({ kind: 'git', url: 'https://git.example.org/a/b.git', branch: 'main' })).toBeUndefined();
});
