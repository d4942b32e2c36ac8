import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { Failure } from '../cli/failure.ts';
import { FolderWatch } from '../render/watch-folders.ts';
import { watchAndDeploy } from './watch-and-deploy.ts';

let root = '';
let stop = new AbortController();
let printed = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-deploy-'));
  stop = new AbortController();
  printed = '';
  save('apps/shop/src/server.ts');
  save('charts/app/app.ts');
});
afterEach(() => {
  stop.abort();
  rmSync(root, { recursive: true, force: true });
});

function save(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${Math.random()}`);
}

const watching = (deploy: () => Promise<unknown>) =>
  watchAndDeploy({
    root,
    deploy,
    print: (text) => {
      printed += text;
    },
    signal: stop.signal,
  });

const waits = () => vi.waitFor(() => expect(printed).toContain('Watching.'), 20_000);

it('deploys again at a save, also after a failure, and ends with 130', async () => {
  const deploy = vi.fn(() => Promise.reject(new Failure('the pod does not start', 'Mend it.')));
  const ended = watching(deploy);
  await waits();
  expect(deploy).toHaveBeenCalledTimes(1);
  expect(printed).toContain('the pod does not start');
  save('apps/shop/src/server.ts');
  await vi.waitFor(() => expect(deploy).toHaveBeenCalledTimes(2), 20_000);
  expect(printed).toContain('apps/shop/src/server.ts');
  stop.abort();
  expect(await ended).toBe(130);
});

it('collects saves during a deploy for the next one', async () => {
  let finish = () => {};
  const deploy = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  const ended = watching(deploy);
  await vi.waitFor(() => expect(deploy).toHaveBeenCalledTimes(1), 20_000);
  const told = new Set<string>();
  const other = new FolderWatch(root, join(root, 'manifests'), (path) => told.add(path));
  onTestFinished(() => other.close());
  for (const name of ['a', 'b', 'c', 'd']) save(`apps/shop/src/${name}.ts`);
  await vi.waitFor(() => expect(told.size).toBe(4), 20_000);
  finish();
  await vi.waitFor(() => expect(deploy).toHaveBeenCalledTimes(2), 20_000);
  stop.abort();
  finish();
  expect(await ended).toBe(130);
  expect(deploy).toHaveBeenCalledTimes(2);
});

it('ignores a bundle that a deploy writes', async () => {
  const deploy = vi.fn(async () => save('apps/shop/dist/server.mjs'));
  const ended = watching(deploy);
  await waits();
  save('apps/shop/dist/server.mjs');
  save('apps/shop/src/server.ts');
  await vi.waitFor(() => expect(deploy).toHaveBeenCalledTimes(2), 20_000);
  expect(printed).not.toContain('dist');
  stop.abort();
  expect(await ended).toBe(130);
});

it('reports a change of the program itself, which is already loaded', async () => {
  const ended = watching(async () => {});
  const refused = expect(ended).rejects.toMatchObject({
    message: 'charts/app/app.ts has changed, which this command has loaded already.',
    next: 'Type the same command again.',
  });
  await waits();
  save('charts/app/app.ts');
  await refused;
});
