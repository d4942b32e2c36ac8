import { ask } from '../../../apps/kit/client.ts';
import { OrdersServiceClient } from '../../../apps/kit/generated/orders.ts';
import { clientOf, identityFolder, openConnection } from '../../../scripts/call/connection.ts';
import { forwardTo } from '../../../scripts/call/port-forward.ts';

/** Lists orders in one pod of `orders`, so many times at once. Returns how many calls got an answer. */
export async function listInPod(cluster: string, pod: string, times: number): Promise<number> {
  const forward = await forwardTo(cluster, { namespace: 'orders', pod, port: 8443 });
  const connection = await openConnection('orders', {
    env: 'dev',
    address: `127.0.0.1:${forward.port}`,
    identity: identityFolder(cluster, 'orders'),
  });
  const client = clientOf(OrdersServiceClient, connection);
  try {
    const asked = { customer: '', pageSize: 1, pageToken: '' };
    const calls = Array.from({ length: times }, () => ask(client, client.listOrders, asked));
    return (await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled').length;
  } finally {
    client.close();
    connection.close();
    forward.close();
  }
}
