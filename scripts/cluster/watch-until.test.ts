import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { watchUntil } from './watch-until.ts';

it('closes its connection if it is cancelled before the API server has answered', async () => {
  const controller = new AbortController();
  let open = 0;
  const server = createServer((_, response) => {
    open++;
    response.on('close', () => open--);
    controller.abort(new Error('no longer needed'));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const folder = mkdtempSync(join(tmpdir(), 'plinth-watch-'));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'test',
    clusters: [
      { name: 'test', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'me', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'me' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const wait = { kubeconfig, path: '/apis/things', what: 'one', timeoutSeconds: 20 };
  const waiting = watchUntil({ ...wait, missing: () => 'one', signal: controller.signal });
  await expect(waiting).rejects.toThrow('no longer needed');
  await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
});
