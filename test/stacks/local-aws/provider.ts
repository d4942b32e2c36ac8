import { type LocalProvider, type Properties, unknown, type Which } from '../plugin.ts';
import { type Account, strings, type Thing } from './account.ts';
import { kinds } from './kinds.ts';
import type { ResourceKind } from './resource-kind.ts';

/** Answers for the AWS provider out of an account that exists in memory alone. */
export function localAws(account: Account): LocalProvider {
  return {
    configured: ({ allowedAccountIds }) => {
      switch (account.credentials) {
        case 'missing':
          return 'unable to validate AWS credentials. Details: No valid credential sources found.';
        case 'expired':
          return 'unable to validate AWS credentials. Details: operation error STS: GetCallerIdentity, StatusCode: 403, api error ExpiredToken: The security token included in the request is expired';
        case 'of another account':
          return 'AWS account ID not allowed: 999999999999';
        case 'valid': {
          const allowed = JSON.parse(String(allowedAccountIds ?? '[]')) as string[];
          return allowed.includes(account.number)
            ? undefined
            : `AWS account ID not allowed: ${account.number}`;
        }
      }
    },
    check: ({ type }, inputs) => {
      const missing = (kindOf(type).required ?? []).filter((property) => inputs[property] === undefined);
      return {
        inputs,
        faults: missing.map((property) => ({ property, reason: `Missing required argument: ${property}` })),
      };
    },
    replaces: ({ type }) => kindOf(type).replaces ?? [],
    preview: ({ type }, inputs, olds) => {
      const { computes = [], changes = [] } = kindOf(type);
      const open = olds === undefined ? computes : changes;
      return { ...olds, ...Object.fromEntries(open.map((output) => [output, unknown])), ...inputs };
    },
    create: async (which, inputs) => {
      const { type, name } = which;
      const broken = account.broken.get(name);
      if (broken !== undefined) throw new Error(broken);
      const kind = kindOf(type);
      refuse(which, [...absent(kind, inputs), ...(kind.faults?.(inputs, account) ?? [])]);
      const made = kind.make({ account, name, inputs });
      const outputs = { ...inputs, ...made.outputs };
      account.keep({ ...which, id: made.id, inputs, outputs });
      return { id: made.id, outputs };
    },
    read: ({ type }, id) => account.find(type, id)?.outputs,
    update: async (which, id, inputs) => {
      const thing = existing(which, id);
      refuse(which, absent(kindOf(which.type), inputs));
      thing.inputs = inputs;
      thing.outputs = { ...thing.outputs, ...inputs, ...kindOf(which.type).change?.(thing) };
      return thing.outputs;
    },
    delete: (which, id) => {
      const thing = account.find(which.type, id);
      // AWS takes no offence at what is gone already.
      if (thing === undefined) return;
      const users = [...account.things.values()].filter((other) =>
        references(kindOf(other.type), other.inputs).some((named) => isThing(thing, named)),
      );
      refuse(
        which,
        users.map((user) => `DependencyViolation: ${id} is in use by ${user.type} ${user.name}`),
      );
      account.drop(thing);
    },
    invoke: (token, args) => {
      if (token !== 'aws:ec2/getAmi:getAmi') throw new Error(`the local AWS does not know ${token}`);
      const [filter] = args.filters as { values: string[] }[];
      return {
        ...args,
        id: `ami-${Buffer.from(filter?.values[0] ?? '')
          .toString('hex')
          .slice(-17)}`,
      };
    },
  };

  function existing({ type, name }: Which, id: string) {
    const thing = account.find(type, id);
    if (thing === undefined) throw new Error(`NotFound: ${type} ${name} (${id}) does not exist`);
    return thing;
  }

  /** What inputs name and the account does not have. */
  function absent(kind: ResourceKind, inputs: Properties): string[] {
    return references(kind, inputs)
      .filter((named) => !account.ofType(named.type).some((thing) => isThing(thing, named)))
      .map(({ property, id }) => `NotFound: ${property} ${id} does not exist`);
  }
}

interface Reference {
  property: string;
  type: string;
  id: string;
}

/** All that inputs name. */
function references({ refers = {} }: ResourceKind, inputs: Properties): Reference[] {
  return Object.entries(refers).flatMap(([property, type]) => {
    const value = property
      .split('.')
      .reduce<unknown>((part, key) => (part as Properties | undefined)?.[key], inputs);
    return strings(value).map((id) => ({ property, type, id }));
  });
}

function isThing({ type, id, outputs }: Thing, named: Reference): boolean {
  return type === named.type && [id, outputs.arn].includes(named.id);
}

function kindOf(type: string): ResourceKind {
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`the local AWS does not know ${type}`);
  return kind;
}

function refuse({ type, name }: Which, faults: string[]): void {
  if (faults.length > 0) throw new Error(`${type} ${name}: ${faults.join('; ')}`);
}
