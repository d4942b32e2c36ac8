import { ask } from '../../kit/client.ts';
import type { JobsServiceClient } from '../../kit/generated/jobs.ts';
import { log } from '../../kit/log.ts';
import type { OrderStore } from './order-store.ts';
import { confirmation } from './schemas.ts';
import { runWorker, type WorkerRun } from './worker.ts';

/** The queue of `jobs` for confirmations. */
const queue = 'orders.confirm';
const sweepMs = 5_000;

/**
 * Confirms orders with jobs. An order and its job are in two databases: the order is stored first, its job is
 * enqueued with the order's id as idempotency key, and the order is marked last. A sweep repeats what failed
 * in between; repeating is harmless.
 */
export class Confirmations {
  #store: OrderStore;
  #jobs: JobsServiceClient;
  #sweep: NodeJS.Timeout | undefined;
  #worker: WorkerRun | undefined;
  #under = new Set<Promise<void>>();
  #stopped = false;

  constructor(store: OrderStore, jobs: JobsServiceClient) {
    this.#store = store;
    this.#jobs = jobs;
  }

  start(): void {
    this.#worker = runWorker(this.#jobs, { queue, concurrency: 10 }, async ({ payload }) => {
      const { order } = confirmation.parse(payload);
      await this.#store.confirm(order);
      log.info('order confirmed', { order });
    });
    const sweep = async () => {
      try {
        for (const id of await this.#store.toEnqueue()) await this.#enqueue(id);
      } catch (error) {
        log.warn('orders wait for the queue', { error });
      }
      if (!this.#stopped) this.#sweep = setTimeout(sweep, sweepMs);
    };
    void sweep();
  }

  /** Requests an order's confirmation; never throws. */
  request(id: string): Promise<void> {
    const work: Promise<void> = this.#enqueue(id)
      .catch((error: unknown) => log.warn('confirmation not enqueued yet', { order: id, error }))
      .finally(() => this.#under.delete(work));
    this.#under.add(work);
    return work;
  }

  /** Stops after the running requests; no further one is started. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#sweep);
    await Promise.all([this.#worker?.stop(), ...this.#under]);
  }

  async #enqueue(id: string): Promise<void> {
    await ask(this.#jobs, this.#jobs.enqueue, {
      queue,
      payload: { order: id },
      idempotencyKey: id,
      priority: 0,
      runAt: undefined,
      retry: undefined,
    });
    await this.#store.enqueued(id);
  }
}
