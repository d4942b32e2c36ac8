import { routesOf } from '../../kit/operation.ts';
import { contract } from './contract.ts';
import type { Accounts } from './perform.ts';

/** The REST face, from the contract. */
export const routes = routesOf(contract, (accounts: Accounts, id, call, input) =>
  accounts.perform(id, call, input),
);
