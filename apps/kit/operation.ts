import { z } from 'zod';
import type { Route } from './route.ts';
import type { Call } from './unary.ts';

/** One operation of a contract, for gRPC and REST alike: fields of `input` that stand in the path come from there. */
export interface Operation {
  method: Route<never>['method'];
  path: string;
  summary: string;
  input: z.ZodObject;
  answer: z.ZodObject;
}

/** Fields of an operation's input that stand in its path, and those that do not. */
export function partsOf({ path, input }: Pick<Operation, 'path' | 'input'>): {
  inPath: string[];
  others: z.ZodObject;
} {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const others = Object.entries(input.shape).filter(([name]) => !inPath.includes(name));
  return { inPath, others: z.strictObject(Object.fromEntries(others)) };
}

/** The REST face of a contract. `perform` carries out the operation of that name with an input that it checks itself. */
export function routesOf<Service, Id extends string>(
  contract: Readonly<Record<Id, Operation>>,
  perform: (service: Service, id: Id, call: Call, input: unknown) => Promise<unknown>,
): Route<Service>[] {
  return (Object.keys(contract) as Id[]).map((id) => {
    const { method, path, summary, input, answer } = contract[id];
    const { others } = partsOf({ path, input });
    const given = Object.keys(others.shape).length > 0;
    const asQuery = method === 'get' || method === 'delete';
    return {
      ...{ method, path, id, summary },
      ...(given ? (asQuery ? { query: others } : { body: others }) : {}),
      ...(Object.keys(answer.shape).length > 0 ? { answer } : {}),
      run: (service, { call, path: named, query, body }) =>
        perform(service, id, call, inputOf(named, asQuery ? query : body)),
    };
  });
}

/** The path goes before: no body can name another organisation than its address does. */
function inputOf(inPath: Record<string, string>, rest: unknown): unknown {
  if (rest === undefined) return inPath;
  if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) return rest;
  const twice = Object.keys(inPath).filter((name) => Object.hasOwn(rest, name));
  // A name that no schema knows: it is refused as every unknown field.
  return { ...rest, ...inPath, ...Object.fromEntries(twice.map((name) => [`${name} (in the path)`, true])) };
}
