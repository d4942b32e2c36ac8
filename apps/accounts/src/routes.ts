import type { Route } from '../../kit/route.ts';
import { type Contract, contract, type OperationId, partsOf } from './contract.ts';
import type { Accounts } from './perform.ts';

/** The REST face, from the contract. */
export const routes: readonly Route<Accounts>[] = Object.entries(contract).map(([id, each]) =>
  routeOf(id as OperationId, each),
);

function routeOf(id: OperationId, each: Contract): Route<Accounts> {
  const { method, path, summary, answer } = each;
  const { others } = partsOf(each);
  const given = Object.keys(others.shape).length > 0;
  const asQuery = method === 'get' || method === 'delete';
  return {
    ...{ method, path, id, summary },
    ...(given ? (asQuery ? { query: others } : { body: others }) : {}),
    ...(Object.keys(answer.shape).length > 0 ? { answer } : {}),
    run: (accounts, { call, path: inPath, query, body }) =>
      accounts.perform(id, call, inputOf(inPath, asQuery ? query : body)),
  };
}

/** The path goes before: no body can name another organisation than its address does. */
function inputOf(inPath: Record<string, string>, rest: unknown): unknown {
  if (rest === undefined) return inPath;
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) return rest;
  const twice = Object.keys(inPath).filter((name) => Object.hasOwn(rest, name));
  // A name that no schema knows: it is refused as every unknown field.
  return { ...rest, ...inPath, ...Object.fromEntries(twice.map((name) => [`${name} (in the path)`, true])) };
}
