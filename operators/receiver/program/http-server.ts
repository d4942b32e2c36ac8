import { once } from 'node:events';
import type { Server } from 'node:http';

/** Listens on a port; 0 selects a free one. Returns the port. @throws Error if it is taken. */
export async function listening(server: Server, port: number): Promise<number> {
  server.listen(port);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Takes no new connections; ends when the open requests are answered. */
export async function ended(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
