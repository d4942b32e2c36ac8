import { EventEmitter, on } from 'node:events';
import { status } from '@grpc/grpc-js';
import type { DatabaseAccess } from '../../kit/database.ts';
import { log } from '../../kit/log.ts';
import { Notifications } from '../../kit/notifications.ts';
import { Refusal } from '../../kit/refusal.ts';
import type { OrderStore, OwnedOrder } from './order-store.ts';
import type { Owner } from './owner.ts';
import type { StoredOrder } from './schemas.ts';

/** Number of open streams of a replica. */
const mostWatchers = 1_000;

/**
 * Orders that are placed or change at any replica, as the database announces them (migration 002). Streams end when an announcement may
 * be missing: whoever watches lists the orders and watches again.
 */
export class OrderEvents {
  #store: Pick<OrderStore, 'find'>;
  #notifications: Notifications;
  #changes = new EventEmitter<{ changed: [OwnedOrder] }>();
  /** Aborted when announcements are lost. */
  #missed = new AbortController();

  constructor(store: Pick<OrderStore, 'find'>, access: Pick<DatabaseAccess, 'config'>) {
    this.#store = store;
    this.#changes.setMaxListeners(mostWatchers + 1);
    this.#notifications = new Notifications({
      access,
      channel: 'orders',
      heard: (id) => void this.#announce(id),
      lost: () => this.#endStreams(),
    });
  }

  start(): void {
    this.#notifications.start();
  }

  async stop(): Promise<void> {
    await this.#notifications.stop();
    this.#endStreams();
  }

  /**
   * `owner`: undefined sees every order. Ends when the signal aborts.
   * @throws Refusal UNAVAILABLE while the database is not heard, RESOURCE_EXHAUSTED if too many watch.
   */
  watch(owner: Owner | undefined, signal: AbortSignal): AsyncIterable<{ order: StoredOrder }> {
    if (!this.#notifications.isListening)
      throw new Refusal(status.UNAVAILABLE, 'changes of orders are not announced at the moment: try again');
    if (this.#changes.listenerCount('changed') >= mostWatchers)
      throw new Refusal(
        status.RESOURCE_EXHAUSTED,
        `${mostWatchers} others watch orders here: try again later`,
      );
    const until = AbortSignal.any([signal, this.#missed.signal]);
    // Before the first value is asked for: nothing that changes from now on is missed.
    const changes = on(this.#changes, 'changed', { signal: until }) as AsyncIterable<[OwnedOrder]>;
    return ofOwner(changes, owner, until);
  }

  async #announce(id: string): Promise<void> {
    if (this.#changes.listenerCount('changed') === 0) return;
    try {
      const found = await this.#store.find(id);
      if (found !== undefined) this.#changes.emit('changed', found);
    } catch (error) {
      log.warn('a changed order could not be read: those who watch begin anew', { order: id, error });
      this.#endStreams();
    }
  }

  #endStreams(): void {
    this.#missed.abort();
    this.#missed = new AbortController();
  }
}

async function* ofOwner(
  changes: AsyncIterable<[OwnedOrder]>,
  owner: Owner | undefined,
  until: AbortSignal,
): AsyncGenerator<{ order: StoredOrder }> {
  try {
    for await (const [{ owner: whose, order }] of changes)
      if (owner === undefined || owner.owner === whose) yield { order };
  } catch (error) {
    if (!until.aborted) throw error;
  }
}
