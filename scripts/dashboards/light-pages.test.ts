import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FakeStores } from '../../test/observability/fake-stores.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { lightPages } from './light-pages.ts';

let stores: FakeStores;
let server: Server | undefined;
beforeAll(async () => {
  stores = await FakeStores.start();
});
afterEach(() => void server?.close());
afterAll(() => stores.stop());

async function served(root: string): Promise<(path: string) => Promise<[number, string]>> {
  const listener = lightPages('dev', root, { ...stores.light, traces: stores.store('jaeger') });
  const started = createServer(listener);
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  const { port } = started.address() as AddressInfo;
  return async (path) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return [answer.status, await answer.text()];
  };
}

it('traces and dashboards of the apps of an environment are on one server', async () => {
  const get = await served(repositoryRoot);
  expect(await get('/')).toEqual([200, expect.stringContaining('Slowest requests')]);
  expect(await get('/dashboards')).toEqual([200, expect.stringContaining('/dashboards/orders')]);
  expect(await get('/dashboards/orders')).toEqual([200, expect.stringContaining('<h3>Duration</h3>')]);
});

it('a repository that cannot be read is reported on the page of dashboards, and traces are shown', async () => {
  const get = await served(join(repositoryRoot, 'docs'));
  expect(await get('/dashboards')).toEqual([500, expect.stringContaining('write clusters/dev/cluster.yaml')]);
  expect((await get('/'))[0]).toBe(200);
});
