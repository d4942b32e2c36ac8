import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that a client may send on a connection before their answers; clients other than attackers send one. */
const mostOpen = 20;

/**
 * Closes a connection with too many unanswered requests: Node hands all pipelined requests to the listener at once,
 * and keeps their answers in memory until they are read.
 */
export function limitPipelining(listener: RequestListener): RequestListener {
  const open = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    const count = (open.get(socket) ?? 0) + 1;
    if (socket.destroyed || count > mostOpen) {
      socket.destroy();
      return;
    }
    open.set(socket, count);
    response.once('close', () => open.set(socket, (open.get(socket) ?? 1) - 1));
    listener(request, response);
  };
}
