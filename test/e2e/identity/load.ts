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
  /** How long the slowest took, in seconds. */
  slowest: number;
}

/** How often each kind begins, whether or not those before have ended: who waits does not hide those who would come. */
const paceMs = { calls: 200, 'connections with a call': 1000, 'logins with a query': 1000 } as const;

type Kind = keyof typeof paceMs;

/** How many of each kind succeeded and failed, for one stretch of time. */
export type Counts = Partial<Record<Kind, Count>>;

/** Longest duration of a call. */
const deadlineMs = 60_000;

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

  /** Whether something of each kind has ended since `since` was called last. */
  get coversAll(): boolean {
    return Object.keys(this.#counts).length === Object.keys(paceMs).length;
  }

  /** Begins nothing more and waits for what runs. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#work);
    this.#identity.close();
  }

  /** What ended since this was asked last; printed as well. */
  since(title: string): Counts {
    const counts = this.#counts;
    this.#counts = {};
    const parts = Object.entries(counts).map(
      ([name, { ok, failed, slowest }]) =>
        `${ok + failed} ${name}, ${failed} failed, the slowest ${slowest.toFixed(1)} s`,
    );
    console.log(`${title}: ${parts.join('; ')}`);
    return counts;
  }

  async #calls(): Promise<void> {
    const opened: Promise<Opened>[] = [];
    let current: Promise<Opened> | undefined;
    await this.#again('calls', async () => {
      if (current === undefined) {
        current = this.#open();
        opened.push(current);
      }
      const mine = current;
      try {
        const { client } = await mine;
        const line = { sku: 'load', quantity: 1, unitPrice: 1 };
        const request = { customer: 'load', lines: [line], idempotencyKey: '' };
        const { order } = await ask(client, client.placeOrder, request, deadlineMs);
        if (order !== undefined) this.placed.push(order.id);
      } catch (error) {
        // Others may still wait on that connection.
        if (current === mine) current = undefined;
        throw error;
      }
    });
    for (const each of await Promise.allSettled(opened)) if (each.status === 'fulfilled') each.value.close();
  }

  #connections(): Promise<void> {
    return this.#again('connections with a call', async () => {
      const { client, close } = await this.#open();
      try {
        const request = { customer: 'load', pageSize: 1, pageToken: '' };
        await ask(client, client.listOrders, request, deadlineMs);
      } finally {
        close();
      }
    });
  }

  #logins(): Promise<void> {
    return this.#again('logins with a query', async () => {
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

  async #again(kind: Kind, once: () => Promise<unknown>): Promise<void> {
    const running = new Set<Promise<void>>();
    while (this.#running) {
      const one = this.#count(kind, once).finally(() => running.delete(one));
      running.add(one);
      await sleep(paceMs[kind]);
    }
    await Promise.all(running);
  }

  async #count(kind: Kind, once: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    const failure = await once().then(() => undefined, String);
    this.#counts[kind] ??= { ok: 0, failed: 0, last: '', slowest: 0 };
    const count = this.#counts[kind];
    count.slowest = Math.max(count.slowest, (performance.now() - started) / 1000);
    if (failure === undefined) count.ok++;
    else {
      count.failed++;
      count.last = `${new Date().toISOString()} ${failure}`;
    }
  }
}

interface Opened {
  client: OrdersServiceClient;
  close(): void;
}

/** Calls wait for a database that is away, as long as they may; a bare login is refused. */
export const callKinds: readonly Kind[] = ['calls', 'connections with a call'];

/** Of each of these something was done, and nothing failed; else the message names what failed last. */
export function lostNothing(
  counts: Counts,
  kinds: readonly Kind[] = [...callKinds, 'logins with a query'],
): string {
  const wrong = kinds.flatMap((kind) => {
    const { ok = 0, failed = 0, last = '' } = counts[kind] ?? {};
    return failed > 0 || ok === 0 ? [`${kind}: ${ok} well, ${failed} failed: ${last}`] : [];
  });
  return wrong.join('; ') || 'nothing';
}
