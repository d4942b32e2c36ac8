import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Diff } from '../diff/diff.ts';
import { type ReviewPlace, reviewPlace, writeComment } from './comment.ts';
import { reviewText } from './text.ts';

/** A forge that keeps comments of one request, gives them in pages, and takes new and changed ones. */
async function forge(kind: ReviewPlace['kind'], before: string[] = [], { pages = true } = {}) {
  const comments = new Map(before.map((body, i) => [i + 1, body]));
  const asked: string[] = [];
  const [list, one] =
    kind === 'github'
      ? ['/repos/team/platform/issues/12/comments', /^\/repos\/team\/platform\/issues\/comments\/(\d+)$/]
      : ['/projects/34/merge_requests/12/notes', /^\/projects\/34\/merge_requests\/12\/notes\/(\d+)$/];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://forge');
    const { method = '', headers } = request;
    asked.push(`${method} ${pathname}`);
    const say = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const token =
      kind === 'github' ? headers.authorization === 'Bearer of-ci' : headers['private-token'] === 'of-ci';
    if (!token) return say(401, { message: 'Bad credentials' });
    if (method === 'GET' && pathname === list) {
      const size = Number(searchParams.get('per_page'));
      const from = (Number(searchParams.get('page')) - 1) * size;
      return say(
        200,
        (pages ? [...comments].slice(from, from + size) : [...comments]).map(([id, body]) => ({ id, body })),
      );
    }
    const { body } = z.object({ body: z.string() }).parse(await json(request));
    const id = Number(one.exec(pathname)?.[1] ?? comments.size + 1);
    if (method !== (comments.has(id) ? (kind === 'github' ? 'PATCH' : 'PUT') : 'POST')) return say(405, {});
    comments.set(id, body);
    return say(200, { id, body });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const project = kind === 'github' ? 'team/platform' : '34';
  const place: ReviewPlace = { kind, api, project, request: 12, token: 'of-ci' };
  return { place, comments, asked };
}

describe.each(['github', 'gitlab'] as const)('the comment of a request at %s', (kind) => {
  it('is added once, then changed, and left alone where it says the same', async () => {
    const { place, comments } = await forge(kind, ['Looks good to me']);
    expect(await writeComment(place, 'one effect\n')).toBe('added');
    expect(await writeComment(place, 'two effects\n')).toBe('changed');
    expect(await writeComment(place, 'two effects\n')).toBe('same');
    expect([...comments.values()]).toEqual([
      'Looks good to me',
      expect.stringMatching(/^<!-- plinth.* -->\ntwo effects\n$/),
    ]);
  });

  it('is found behind a hundred others', async () => {
    const { place, comments } = await forge(kind);
    await writeComment(place, 'first\n');
    const own = comments.get(1) ?? '';
    comments.clear();
    for (let id = 1; id <= 130; id++) comments.set(id, id === 125 ? own : `remark ${id}`);
    expect(await writeComment(place, 'second\n')).toBe('changed');
    expect(comments.size).toBe(130);
    expect(comments.get(125)).toContain('second');
  });

  it('is added where the forge gives all comments in each page, as Gitea does', async () => {
    const { place, comments, asked } = await forge(
      kind,
      Array.from({ length: 120 }, (_, n) => `remark ${n}`),
      { pages: false },
    );
    expect(await writeComment(place, 'text\n')).toBe('added');
    expect(comments.size).toBe(121);
    expect(asked.filter((each) => each.startsWith('GET'))).toHaveLength(2);
  });

  it('is refused with a token that has expired, which no message shows', async () => {
    const { place, comments } = await forge(kind);
    const failed = writeComment({ ...place, token: 'too-old' }, 'text');
    await expect(failed).rejects.toThrow('refuses the token, or it has expired');
    await expect(failed).rejects.not.toThrow('too-old');
    expect(comments.size).toBe(0);
  });
});

describe('the place of a comment', () => {
  const github = {
    ...{
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: 'https://api.github.com',
      GITHUB_REPOSITORY: 'team/platform',
    },
    ...{ GITHUB_REF: 'refs/pull/12/merge', PLINTH_FORGE_TOKEN: 'of-ci' },
  };
  const gitlab = {
    ...{ GITLAB_CI: 'true', CI_API_V4_URL: 'https://gitlab.com/api/v4', CI_PROJECT_ID: '34' },
    ...{ CI_MERGE_REQUEST_IID: '12', PLINTH_FORGE_TOKEN: 'of-ci' },
  };

  it.each([
    [github, { kind: 'github', api: 'https://api.github.com', project: 'team/platform', request: 12 }],
    [gitlab, { kind: 'gitlab', api: 'https://gitlab.com/api/v4', project: '34', request: 12 }],
    [{}, undefined],
  ])('is found by the variables of CI', (variables, place) => {
    expect(reviewPlace(variables)).toEqual(place && { ...place, token: 'of-ci' });
  });

  it.each([
    ['a branch', { ...github, GITHUB_REF: 'refs/heads/main' }, 'runs for no pull request'],
    ['a branch', { ...gitlab, CI_MERGE_REQUEST_IID: undefined }, 'runs for no pull request'],
    ['no token', { ...github, PLINTH_FORGE_TOKEN: '' }, 'PLINTH_FORGE_TOKEN is not set'],
    ['no token', { ...gitlab, PLINTH_FORGE_TOKEN: undefined }, 'PLINTH_FORGE_TOKEN is not set'],
  ])('is refused for %s', (_, variables, says) => {
    expect(() => reviewPlace(variables)).toThrow(says);
  });
});

describe('the text of a comment', () => {
  const effect = (what: string) => ({
    ...{ gravity: 'restarts' as const, object: 'Deployment shop/shop', what, file: 'a.yaml', changes: [] },
  });
  const found = (...words: string[]): Diff => ({
    ref: 'main',
    environments: [
      { environment: 'prod', effects: words.map(effect) },
      { environment: 'dev', effects: [] },
    ],
    diagnostics: [],
  });
  const commit = 'a'.repeat(40);

  it('counts the effects of each environment that has some, and folds the rest', () => {
    const text = reviewText(found('restarts one pod', 'restarts two pods'), commit);
    expect(text).toContain('| prod | restarts: 2 |');
    expect(text).not.toContain('| dev |');
    expect(text).toContain('Deployment shop/shop restarts two pods');
  });

  it('says that there are none', () => {
    expect(reviewText(found(), commit)).toBe('**Effects of aaaaaaaaaaaa**: none in any environment.\n');
  });

  it('cannot be left by a fence in a value, and fits into a comment', () => {
    const text = reviewText(found('```\n# Approved', 'x'.repeat(80_000)), commit);
    expect(text).toContain('\n````\n');
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('cut off: npm run diff shows the rest');
  });
});
