import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../../apps/kit/client.ts';
import { OrdersServiceClient } from '../../../apps/kit/generated/orders.ts';
import { IdentityFolder } from '../../../apps/kit/identity.ts';
import { type Connection, clientOf, identityFolder } from '../../../scripts/call/connection.ts';
import { forwardToPod } from '../../../scripts/call/port-forward.ts';
import { identityIn } from './forge.ts';
import { queryOrders } from './laptop.ts';

interface Count {
  ok: number;
  failed: number;
  last: string;
}

/** How many of each kind succeeded and failed, for one stretch of time. */
export type Counts = Record<string, Count>;

const pauseMs = 100;

/**
 * A steady load on orders and on its database until it is stopped, from this machine, as a person: calls on one
 * connection, which place orders; calls that each make a connection; and logins to Postgres, one for each query. Nothing
 * is tried twice: what fails is counted.
 */
export class Load {
  readonly #cluster: string;
  readonly #identity: IdentityFolder;
  #running = true;
  #work: Promise<unknown>[] = [];
  #counts: Counts = {};
  /** Ids of orders that were answered. */
  readonly placed: string[] = [];

  private constructor(cluster: string) {
    this.#cluster = cluster;
    this.#identity = new IdentityFolder(identityFolder(cluster, 'orders'));
  }

  static start(cluster: string): Load {
    const load = new Load(cluster);
    load.#work = [load.#calls(), load.#connections(), load.#logins()];
    return load;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#work);
    this.#identity.close();
  }

  /** What happened since this was asked last; printed as well. */
  since(title: string): Counts {
    const counts = this.#counts;
    this.#counts = {};
    const parts = Object.entries(counts).map(
      ([name, { ok, failed }]) => `${ok + failed} ${name}, ${failed} failed`,
    );
    console.log(`${title}: ${parts.join('; ')}`);
    return counts;
  }

  async #calls(): Promise<void> {
    let open: Opened | undefined;
    await this.#again('calls', async () => {
      open ??= await this.#open();
      try {
        const { client } = open;
        const line = { sku: 'load', quantity: 1, unitPrice: 1 };
        const { order } = await ask(client, client.placeOrder, {
          ...{ customer: 'load', lines: [line], idempotencyKey: '' },
        });
        if (order !== undefined) this.placed.push(order.id);
      } catch (error) {
        open.close();
        open = undefined;
        throw error;
      }
    });
    open?.close();
  }

  async #connections(): Promise<void> {
    await this.#again('connections with a call', async () => {
      const { client, close } = await this.#open();
      try {
        await ask(client, client.listOrders, { customer: 'load', pageSize: 1, pageToken: '' });
      } finally {
        close();
      }
    });
  }

  async #logins(): Promise<void> {
    await this.#again('logins with a query', async () => {
      const { pair, roots } = await identityIn(this.#cluster, {
        ...{ namespace: 'orders', secret: 'orders-db-rw', authority: 'orders-db' },
      });
      await queryOrders(this.#cluster, pair, { roots });
    });
  }

  async #open(): Promise<Opened> {
    const forward = await forwardToPod(this.#cluster, 'orders', 8443);
    const connection: Connection = {
      ...{ host: '127.0.0.1', port: forward.port, name: 'orders.orders.svc.cluster.local' },
      identity: this.#identity,
      close: () => {},
    };
    const client = clientOf(OrdersServiceClient, connection);
    return {
      client,
      close: () => {
        client.close();
        forward.close();
      },
    };
  }

  async #again(name: string, once: () => Promise<unknown>): Promise<void> {
    while (this.#running) {
      let failure = '';
      await once().catch((error: unknown) => {
        failure = String(error);
      });
      this.#counts[name] ??= { ok: 0, failed: 0, last: '' };
      const count = this.#counts[name];
      if (failure === '') count.ok++;
      else {
        count.failed++;
        count.last = `${new Date().toISOString()} ${failure}`;
      }
      await sleep(pauseMs);
    }
  }
}

interface Opened {
  client: OrdersServiceClient;
  close(): void;
}

/** Nothing failed, and something was done; the message names what failed last. */
export function lostNothing(counts: Counts): string {
  const all = Object.entries(counts);
  if (all.length < 3) return `only ${Object.keys(counts).join(', ')} were tried`;
  const wrong = all.filter(([, { ok, failed }]) => failed > 0 || ok === 0);
  return wrong.map(([name, { failed, last }]) => `${failed} ${name} failed: ${last}`).join('; ') || 'nothing';
}
