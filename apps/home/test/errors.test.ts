import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { errorGroup } from '../src/errors/error-groups.ts';
import { type Home, startHome } from '../src/home.ts';
import { poll } from '../src/poll.ts';
import type { State } from '../src/state.ts';
import { type FakeApi, fakeApi, paths, resolvedErrors } from './fake-api.ts';
import { type FakeStore, fakeStore } from './fake-store.ts';
import { deployment, gitRepository, kustomization, node } from './objects.ts';

const line = (app: string, message: string, more: object = {}) =>
  JSON.stringify({
    'k8s.namespace.name': app,
    _msg: message,
    count: '12',
    first: '2026-03-01T08:00:00Z',
    last: '2026-03-01T09:00:00Z',
    ...more,
  });
const refused = line('orders', 'order <N> failed', {
  thrown: 'Error: <script>no</script>',
  newest: '{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}',
});
const platform = line('traefik', 'no route');

let api: FakeApi;
let logs: FakeStore;
let home: Home;
let answer: string | number;

beforeEach(async () => {
  api = await fakeApi();
  api.put(paths.nodes, node('one'));
  api.put(paths.gitRepositories, gitRepository());
  api.put(paths.kustomizations, kustomization('platform'));
  api.put(paths.deployments, deployment('orders'));
  answer = `${refused}\n${platform}\n`;
  logs = await fakeStore('victoria-logs', () => answer);
});

afterEach(async () => {
  await home.stop(0);
  await Promise.all([api.close(), logs.close()]);
});

async function start(): Promise<void> {
  home = await startHome({ api: { url: api.url }, port: 0, retryMs: 10, stores: { logs } });
}

async function state(): Promise<State> {
  return (await (await fetch(`http://127.0.0.1:${home.port}/api/state`)).json()) as State;
}

async function page(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${home.port}/`)).text();
}

describe('the errors on the front page', () => {
  test('are the groups of errors of apps with count, times, state and newest trace, without those of the platform', async () => {
    await start();
    await vi.waitFor(async () => expect((await state()).errors).toHaveLength(1), 3_000);
    const [error] = (await state()).errors;
    expect(error).toMatchObject({ app: 'orders', count: 12, state: 'new', first: '2026-03-01T08:00:00Z' });
    const text = await page();
    expect(text).toContain('order &lt;N&gt; failed');
    expect(text).toContain('&lt;script&gt;no&lt;/script&gt;');
    expect(text).toContain('npm run trace -- 4bf92f3577b34da6a3ce929d0e0e4736');
    expect(text).not.toContain('no route');
    const query = logs.asked[0]?.searchParams.get('query') ?? '';
    expect(query).toMatch(/^_time:1d severity_number:>=17 !"user_agent\.synthetic\.type":\* \|/);
    expect(text).toContain('First of the day');
  });

  test('disappear when somebody resolves them, and are regressions after the next line', async () => {
    const { id } = errorGroup(refused);
    api.answer(resolvedErrors, { data: { [id]: JSON.stringify({ at: '2026-03-01T08:30:00Z' }) } });
    await start();
    await vi.waitFor(
      async () => expect((await state()).errors).toMatchObject([{ state: 'regressed' }]),
      3_000,
    );
    expect(await page()).toContain('Regressed');
    await home.stop(0);
    api.answer(resolvedErrors, { data: { [id]: JSON.stringify({ at: '2026-03-01T09:30:00Z' }) } });
    await start();
    await vi.waitFor(() => expect(logs.asked).toHaveLength(2), 3_000);
    expect((await state()).errors).toEqual([]);
    expect(await page()).toMatch(/<section id="errors"[^>]*><\/section>/);
  });

  test('are asked for less often while the store needs long: it reads them for a tenth of the time at most', async () => {
    let asked = 0;
    const stop = new AbortController();
    const query = async () => {
      asked++;
      await sleep(100);
      return {};
    };
    poll({ trouble: '' }, query, { onChange: () => {}, signal: stop.signal, everyMs: 1 });
    await sleep(800);
    expect(asked).toBe(1);
    await vi.waitFor(() => expect(asked).toBe(2), 3_000);
    stop.abort();
  });

  test('are left out if the store does not answer, and the page is ready without them', async () => {
    answer = 503;
    await start();
    await vi.waitFor(async () => expect((await state()).mood).toBe('good'), 3_000);
    expect(logs.asked).toHaveLength(1);
    expect((await state()).errors).toEqual([]);
  });
});
