import { listField, textField } from '../kube/field.ts';
import { objectId } from '../kube/object-id.ts';
import { bindings, grantsOf } from './grants.ts';
import type { Inventory, Owned } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Roles with nearly all rights. */
const powerful = ['cluster-admin', 'admin', 'edit'];

/** Verbs with which an account can take rights that it was not granted. */
const escalating = ['escalate', 'bind', 'impersonate'];

/**
 * Resources whose creation grants the rights of other accounts: their tokens, processes, certificates or
 * kubelets.
 */
const sensitiveVerbs: Readonly<Record<string, readonly string[]>> = {
  'serviceaccounts/token': ['create'],
  'pods/exec': ['create', 'get'],
  'pods/attach': ['create', 'get'],
  'pods/ephemeralcontainers': ['update', 'patch'],
  'nodes/proxy': ['create', 'get'],
  'certificatesigningrequests/approval': ['update', 'patch'],
};

/** Least privilege: no wildcards, no cluster-wide access to Secrets, no escalation. */
export function checkRights(inventory: Inventory): Violation[] {
  const roles = ['Role', 'ClusterRole'].flatMap((kind) => inventory.all(`${kind}.rbac.authorization.k8s.io`));
  return [
    ...roles.flatMap((role) => [
      ...checkWildcard(role),
      ...checkSecrets(role),
      ...checkDoors(inventory, role),
    ]),
    ...bindings(inventory).flatMap((binding) => [...checkPower(binding), ...checkSubjects(binding)]),
  ];
}

function checkWildcard(role: Owned): Violation[] {
  const wild = listField(role.object, 'rules').flatMap((rule) =>
    ['apiGroups', 'resources', 'verbs', 'nonResourceURLs'].filter((part) =>
      listField(rule, part).some((value) => String(value).includes('*')),
    ),
  );
  if (wild.length === 0) return [];
  const fault = {
    what: `grants rights by a wildcard in ${[...new Set(wild)].join(', ')}`,
    why: 'a wildcard includes unintended and future resources',
    fix: 'name each of them',
    field: ['uses'],
  };
  return [violation('rbac-wildcard', role, fault)];
}

function checkSecrets(role: Owned): Violation[] {
  if (role.object.kind !== 'ClusterRole') return [];
  const open = listField(role.object, 'rules').some(
    (rule) =>
      listField(rule, 'resources').some((resource) => resource === 'secrets' || resource === '*') &&
      listField(rule, 'apiGroups').some((group) => group === '' || group === '*') &&
      listField(rule, 'verbs').some((verb) => ['get', 'list', 'watch', '*'].includes(String(verb))) &&
      listField(rule, 'resourceNames').length === 0,
  );
  if (!open) return [];
  const fault = {
    what: 'reads the Secrets of every namespace',
    why: 'one stolen token would reveal every key in the cluster',
    fix: 'grant a Role in one namespace, or name the Secrets in resourceNames',
    field: ['uses'],
  };
  return [violation('rbac-secrets', role, fault)];
}

function checkDoors(inventory: Inventory, role: Owned): Violation[] {
  const open = listField(role.object, 'rules').flatMap((rule) => {
    const verbs = listField(rule, 'verbs').map(String);
    if (isBounded(inventory, role, rule, verbs)) return [];
    return [
      ...verbs.filter((verb) => escalating.includes(verb)),
      ...listField(rule, 'resources')
        .map(String)
        .filter((resource) => sensitiveVerbs[resource]?.some((verb) => verbs.includes(verb)) === true),
    ];
  });
  if (open.length === 0) return [];
  const fault = {
    what: `grants the rights of others: ${[...new Set(open)].join(', ')}`,
    why: 'the account could do more than it was granted',
    fix: 'remove it',
    field: ['uses'],
  };
  return [violation('rbac-escalation', role, fault)];
}

/**
 * Whether the gained rights are checked elsewhere: impersonation of accounts of the same component, tokens of
 * accounts without rights, or binding of named roles without nearly all rights.
 */
function isBounded(inventory: Inventory, role: Owned, rule: unknown, verbs: readonly string[]): boolean {
  const names = listField(rule, 'resourceNames').map(String);
  const [verb, ...others] = verbs;
  if (names.length === 0 || others.length > 0) return false;
  const resources = listField(rule, 'resources').map(String);
  if (verb === 'bind') return names.every((name) => !powerful.includes(name));
  if (verb === 'create' && resources.every((resource) => resource === 'serviceaccounts/token')) {
    const granted = grantsOf(inventory);
    return names.every((name) => !granted.has(`${role.object.metadata.namespace}/${name}`));
  }
  if (verb !== 'impersonate' || resources.some((resource) => resource !== 'serviceaccounts')) return false;
  const accounts = inventory
    .in(role.object.metadata.namespace ?? '', 'ServiceAccount')
    .filter(({ component }) => component === role.component);
  return names.every((name) => accounts.some(({ object }) => object.metadata.name === name));
}

function checkPower(binding: Owned): Violation[] {
  const role = textField(binding.object, 'roleRef', 'name') ?? '';
  if (textField(binding.object, 'roleRef', 'kind') !== 'ClusterRole' || !powerful.includes(role)) return [];
  const fault = {
    what: `grants all rights of ${role}`,
    why: 'nearly all of them are not needed',
    fix: 'write a role with the needed rights: clusterRole() or role() of charts/kube/rbac.ts',
  };
  return [violation('rbac-escalation', binding, fault)];
}

function checkSubjects(binding: Owned): Violation[] {
  const groups = listField(binding.object, 'subjects').filter(
    (subject) =>
      textField(subject, 'kind') === 'Group' &&
      /^system:(un)?authenticated$|^system:serviceaccounts/.test(textField(subject, 'name') ?? ''),
  );
  if (groups.length === 0) return [];
  const fault = {
    what: `grants rights to ${groups.map((group) => textField(group, 'name')).join(', ')}`,
    why: `everyone is in such a group, so ${objectId(binding.object)} would apply to everyone`,
    fix: 'name the service account',
  };
  return [violation('rbac-wildcard', binding, fault)];
}
