import { listField, textField } from '../kube/field.ts';
import { objectId } from '../kube/object-id.ts';
import { bindings } from './grants.ts';
import type { Inventory, Owned } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Roles that let their owner do nearly everything. */
const powerful = ['cluster-admin', 'admin', 'edit'];

/** Verbs by which one takes rights that one was not given. */
const escalating = ['escalate', 'bind', 'impersonate'];

/** What gives its maker the rights of others: their tokens, their processes, their certificates, their kubelets. */
const sensitiveVerbs: Readonly<Record<string, readonly string[]>> = {
  'serviceaccounts/token': ['create'],
  'pods/exec': ['create', 'get'],
  'pods/attach': ['create', 'get'],
  'pods/ephemeralcontainers': ['update', 'patch'],
  'nodes/proxy': ['create', 'get'],
  'certificatesigningrequests/approval': ['update', 'patch'],
};

/** Least privilege: no rights by wildcard, no secrets of the whole cluster, no way to more rights. */
export function checkRights(inventory: Inventory): Violation[] {
  const roles = ['Role', 'ClusterRole'].flatMap((kind) => inventory.all(`${kind}.rbac.authorization.k8s.io`));
  return [
    ...roles.flatMap((role) => [...checkWildcard(role), ...checkSecrets(role), ...checkSensitive(role)]),
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
    what: `gives rights by a wildcard in ${[...new Set(wild)].join(', ')}`,
    why: 'it also gives what nobody thought of, and what will be added later',
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
    why: 'who has one of its tokens has every key in the cluster',
    fix: 'give a Role in the one namespace, or name the Secrets in resourceNames',
    field: ['uses'],
  };
  return [violation('rbac-secrets', role, fault)];
}

function checkSensitive(role: Owned): Violation[] {
  const open = listField(role.object, 'rules').flatMap((rule) => {
    const verbs = listField(rule, 'verbs').map(String);
    return [
      ...verbs.filter((verb) => escalating.includes(verb)),
      ...listField(rule, 'resources')
        .map(String)
        .filter((resource) => sensitiveVerbs[resource]?.some((verb) => verbs.includes(verb)) === true),
    ];
  });
  if (open.length === 0) return [];
  const fault = {
    what: `leads to the rights of others: ${[...new Set(open)].join(', ')}`,
    why: 'whoever has it can do what it was never given',
    fix: 'take it out',
    field: ['uses'],
  };
  return [violation('rbac-escalation', role, fault)];
}

function checkPower(binding: Owned): Violation[] {
  const role = textField(binding.object, 'roleRef', 'name') ?? '';
  if (textField(binding.object, 'roleRef', 'kind') !== 'ClusterRole' || !powerful.includes(role)) return [];
  const fault = {
    what: `gives everything that ${role} may do`,
    why: 'nearly all of it is never needed',
    fix: 'write a role with what is needed: clusterRole() or role() of charts/kube/rbac.ts',
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
    what: `gives rights to ${groups.map((group) => textField(group, 'name')).join(', ')}`,
    why: `everybody is in such a group: ${objectId(binding.object)} would be everybody's`,
    fix: 'name the service account',
  };
  return [violation('rbac-wildcard', binding, fault)];
}
