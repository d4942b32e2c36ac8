import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { watchUntil } from './watch-until.ts';

const object = { metadata: { name: 'one' } };
const bookmark = { metadata: {} };

it('closes its connection when the first events already end the wait', async () => {
  let open = 0;
  const server = createServer((_, response) => {
    open++;
    response.on('close', () => open--);
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const [type, of] of [['ADDED', object] as const, ['BOOKMARK', bookmark] as const])
      response.write(`${JSON.stringify({ type, object: of })}\n`);
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
  for (let round = 0; round < 20; round++) {
    await watchUntil({
      ...{ kubeconfig, path: '/apis/things', what: 'one', timeoutSeconds: 20 },
      missing: (objects) => (objects.some(({ metadata }) => metadata.name === 'one') ? undefined : 'one'),
    });
  }
  await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
});
