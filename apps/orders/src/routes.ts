import { status } from '@grpc/grpc-js';
import { routesOf } from '../../kit/operation.ts';
import { personHeader } from '../../kit/person.ts';
import { Refusal } from '../../kit/refusal.ts';
import type { Route } from '../../kit/route.ts';
import type { Call } from '../../kit/unary.ts';
import { contract, watchOrders } from './contract.ts';
import type { Orders } from './perform.ts';

/** The REST face, from the contract. It is for people: a request without a token is refused, whoever calls. */
export const routes: readonly Route<Orders>[] = [
  ...routesOf(contract, async (orders: Orders, id, call, input) => {
    refuseWithoutPerson(call);
    return orders.perform(id, call, input);
  }),
  {
    ...{ ...watchOrders, id: 'watchOrders', streams: true },
    run: async (orders, { call }) => {
      refuseWithoutPerson(call);
      return orders.watch(call);
    },
  },
];

function refuseWithoutPerson(call: Call): void {
  if (call.header(personHeader) === undefined)
    throw new Refusal(status.UNAUTHENTICATED, 'this is for people, and the request has no token of one');
}
