import { log } from '../../kit/log.ts';
import type { People } from '../../kit/person.ts';
import { checked } from '../../kit/refusal.ts';
import type { Call } from '../../kit/unary.ts';
import type { Confirmations } from './confirmations.ts';
import { contract, type OperationAnswer, type OperationId, type OperationInput } from './contract.ts';
import type { OrderEvents } from './order-events.ts';
import type { OrderStore } from './order-store.ts';
import { type Owner, ownerOf } from './owner.ts';
import type { StoredOrder } from './schemas.ts';

export interface OrdersInput {
  store: OrderStore;
  events: OrderEvents;
  confirmations: Pick<Confirmations, 'request'>;
  /** Undefined where the environment has no accounts. */
  people: Pick<People, 'verify'> | undefined;
}

/** What a handler knows beside its input, which was checked. */
interface Context extends OrdersInput {
  owner: Owner | undefined;
  signal: AbortSignal;
}

type Handlers = {
  [Id in OperationId]: (context: Context, input: OperationInput<Id>) => Promise<OperationAnswer<Id>>;
};

const handlers: Handlers = {
  placeOrder: async ({ store, confirmations, owner, signal }, input) => {
    const order = await store.place(input, owner, signal);
    log.info('order placed', { order: order.id, lines: order.lines.length });
    // The order is stored even if the queue does not answer; the job is enqueued later.
    void confirmations.request(order.id);
    return { order };
  },
  getOrder: async ({ store, owner, signal }, { id }) => ({ order: await store.get(id, owner, signal) }),
  listOrders: ({ store, owner, signal }, input) => store.list(input, owner, signal),
};

/** Carries out the operations of the contract, for gRPC and REST alike. */
export class Orders {
  #input: OrdersInput;

  constructor(input: OrdersInput) {
    this.#input = input;
  }

  /** @throws Refusal UNAUTHENTICATED, INVALID_ARGUMENT, and NOT_FOUND also for an order of another owner. */
  async perform<Id extends OperationId>(id: Id, call: Call, given: unknown): Promise<OperationAnswer<Id>> {
    const owner = await ownerOf(call, this.#input.people);
    const input = checked(contract[id].input, given) as OperationInput<Id>;
    const handler: Handlers[Id] = handlers[id];
    return handler({ ...this.#input, owner, signal: call.signal }, input);
  }

  /** Each order of the caller that is placed or changes, until the call ends or announcements are lost. */
  async watch(call: Call): Promise<AsyncIterable<{ order: StoredOrder }>> {
    const owner = await ownerOf(call, this.#input.people);
    return this.#input.events.watch(owner, call.signal);
  }
}
