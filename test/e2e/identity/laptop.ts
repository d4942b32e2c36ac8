import { rmSync } from 'node:fs';
import pg from 'pg';
import { ask } from '../../../apps/kit/client.ts';
import { OrdersServiceClient } from '../../../apps/kit/generated/orders.ts';
import { IdentityFolder } from '../../../apps/kit/identity.ts';
import { clientOf } from '../../../scripts/call/connection.ts';
import { forwardTo, forwardToPod } from '../../../scripts/call/port-forward.ts';
import { clusterClient } from '../../../scripts/cluster/client.ts';
import type { Pair } from '../../services/authority.ts';
import { scratch, writeIdentity } from '../../services/identity-folder.ts';

/** Calls orders once from this machine, through the API server, with a certificate of the test's; throws where it is refused. */
export async function callOrders(cluster: string, pair: Pair, roots: string): Promise<number> {
  const folder = scratch();
  writeIdentity(folder, pair, roots);
  const identity = new IdentityFolder(folder);
  const forward = await forwardToPod(cluster, 'orders', 8443);
  const client = clientOf(OrdersServiceClient, {
    ...{ host: '127.0.0.1', port: forward.port, name: 'orders.orders.svc.cluster.local', identity },
    close: () => {},
  });
  try {
    const { orders } = await ask(client, client.listOrders, { customer: '', pageSize: 1, pageToken: '' });
    return orders.length;
  } finally {
    client.close();
    identity.close();
    forward.close();
    rmSync(folder, { recursive: true });
  }
}

/** The pod of an app's database that takes writes. */
export async function primary(cluster: string, app: string): Promise<string> {
  const { items } = await clusterClient(cluster).core.listNamespacedPod({
    namespace: app,
    labelSelector: `cnpg.io/cluster=${app}-db,cnpg.io/instanceRole=primary`,
  });
  const name = items.find(({ metadata }) => metadata?.deletionTimestamp === undefined)?.metadata?.name;
  if (name === undefined) throw new Error(`the database of ${app} has no primary just now`);
  return name;
}

/** Logs in to the database of orders from this machine and asks it something; throws where it is refused. */
export async function queryOrders(
  cluster: string,
  { cert, key }: Pair,
  { roots, user = 'orders_rw', text = 'select 1 as one' }: { roots: string; user?: string; text?: string },
): Promise<unknown[]> {
  const pod = await primary(cluster, 'orders');
  const forward = await forwardTo(cluster, { namespace: 'orders', pod, port: 5432 });
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: forward.port, user, database: 'orders', connectionTimeoutMillis: 20_000 },
    query_timeout: 20_000,
    ssl: { cert, key, ca: roots, servername: 'orders-db-rw.orders.svc.cluster.local' },
  });
  client.on('error', () => {}); // a connection that breaks fails its query
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    void client.end().catch(() => {}); // of a connection that was refused there is no end to wait for
    forward.close();
  }
}
