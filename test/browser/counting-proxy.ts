import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Lets connections through to a port of this machine and counts every byte, headers included. */
export interface CountingProxy {
  port: number;
  /** Bytes that came back so far. */
  received(): number;
  close(): Promise<void>;
}

export async function countingProxy(to: number): Promise<CountingProxy> {
  let received = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    upstream.on('data', (chunk) => {
      received += chunk.length;
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // One side that breaks off ends the other.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
