import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { forwardTo } from '../../scripts/call/port-forward.ts';
import { FakeCluster } from './fake-cluster.ts';

it('a closed port-forward leaves no connection to the API server', async () => {
  const pod = createServer((socket) => socket.write('hello')).listen(0, '127.0.0.1');
  await once(pod, 'listening');
  const cluster = await FakeCluster.start('plinth-forward', {
    secrets: {},
    configMaps: {},
    services: { 'shop/shop:8080': (pod.address() as AddressInfo).port },
  });
  vi.stubEnv('PLINTH_STATE', cluster.state);
  try {
    const way = await forwardTo('plinth-forward', { namespace: 'shop', pod: 'shop', port: 8080 });
    const caller = connect(way.port, '127.0.0.1').on('error', () => undefined);
    expect(String((await once(caller, 'data'))[0])).toBe('hello');
    expect(cluster.open.size).toBe(1);
    way.close();
    await vi.waitFor(() => expect(cluster.open.size).toBe(0), 5_000);
  } finally {
    vi.unstubAllEnvs();
    await cluster.stop();
    pod.close();
  }
});
