import { field, listField, textField } from '../kube/field.ts';
import { bindings } from './grants.ts';
import type { Inventory, Owned } from './inventory.ts';

/** Rules of a binding, with its subjects and its namespace. */
export interface Grant {
  account: string;
  scope: string;
  rules: unknown[];
}

/** Every service account, including those that controllers create. */
export function accounts(inventory: Inventory): string[] {
  const made = inventory
    .all('ServiceAccount')
    .map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`);
  return [...made, ...databases(inventory).map((grant) => grant.account)];
}

/** The rules of every service account, by binding. */
export function grants(inventory: Inventory): Grant[] {
  const given = bindings(inventory).flatMap((binding) => {
    const { namespace } = binding.object.metadata;
    const rules = rulesOf(inventory, binding);
    return listField(binding.object, 'subjects').map((subject) => ({
      account: `${textField(subject, 'namespace') ?? ''}/${textField(subject, 'name') ?? ''}`,
      scope: namespace ?? '*',
      rules,
    }));
  });
  return [...given, ...databases(inventory)];
}

/** Roles of Kubernetes itself that are granted here. */
const builtIn: Readonly<Record<string, unknown[]>> = {
  'cluster-admin': [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  // Reviews of tokens and of access.
  'system:auth-delegator': [],
  'extension-apiserver-authentication-reader': [],
};

function rulesOf(inventory: Inventory, { object }: Owned): unknown[] {
  const kind = textField(object, 'roleRef', 'kind') ?? '';
  const name = textField(object, 'roleRef', 'name') ?? '';
  const role = inventory
    .all(`${kind}.rbac.authorization.k8s.io`)
    .find(
      ({ object: each }) =>
        each.metadata.name === name &&
        (kind === 'ClusterRole' || each.metadata.namespace === object.metadata.namespace),
    );
  const rules = role === undefined ? builtIn[name] : listField(role.object, 'rules');
  if (rules === undefined)
    throw new Error(`the rules of ${kind} ${name} are unknown: add them to charts/checks/account-grants.ts`);
  return rules;
}

/**
 * CloudNativePG creates an account and a role for each database (pkg/specs/roles.go); these are its sensitive
 * rules.
 */
function databases(inventory: Inventory): Grant[] {
  return inventory.all('Cluster.postgresql.cnpg.io').map(({ object }) => {
    const { name, namespace = '' } = object.metadata;
    const secrets = Object.values(Object(field(object, 'spec', 'certificates'))).map(String);
    const password = textField(object, 'spec', 'bootstrap', 'initdb', 'secret', 'name');
    return {
      account: `${namespace}/${name}`,
      scope: namespace,
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: [...new Set([...secrets, ...(password === undefined ? [] : [password])])].sort(),
          verbs: ['get', 'watch'],
        },
        {
          apiGroups: ['postgresql.cnpg.io'],
          resources: ['databases', 'databaseroles', 'publications', 'subscriptions'],
          verbs: ['get', 'update', 'list', 'watch'],
        },
      ],
    };
  });
}
