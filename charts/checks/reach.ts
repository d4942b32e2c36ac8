import { bound } from '../kube/admission-policy.ts';
import { field, listField, textField } from '../kube/field.ts';
import { bindings } from './grants.ts';
import type { Inventory, Owned, Workload } from './inventory.ts';
import { type SensitiveAccess, sensitiveAccesses } from './sensitive-access.ts';

/** Access of a service account beyond its own objects: the first step of an attack. */
export interface Power {
  /** `NAMESPACE/NAME`. */
  account: string;
  /** Id of an access, `everything`, or `is on the node`. */
  power: string;
  /** A namespace, or `*`. */
  scope: string;
  /** The names of the objects, if the access is limited to them. */
  names?: string[];
  /** The consequences: the second step. */
  leadsTo: string[];
}

/** Power of cluster-admin: every access. */
const everything = 'everything';
const onTheNode = 'is on the node';

/**
 * Map from each service account, sorted, to the powers it can reach in two steps. Includes accounts that
 * controllers create.
 */
export function reach(inventory: Inventory): Map<string, Power[]> {
  const powers = new Map<string, Power[]>();
  for (const account of accounts(inventory)) powers.set(account, []);
  const bounds = boundsOf(inventory);
  for (const grant of grants(inventory)) {
    const spaces = bounds.get(grant.account);
    for (const found of powersOf(grant)) {
      const scopes = spaces !== undefined && isBounded(found) ? spaces : [found.scope];
      for (const scope of scopes) add(powers, { ...found, scope });
    }
  }
  for (const workload of inventory.workloads) {
    if (!reachesNode(workload.pod)) continue;
    add(powers, { account: accountOf(workload), power: onTheNode, scope: '*', leadsTo: [] });
  }
  for (const list of powers.values()) {
    for (const power of list) power.leadsTo = secondStep(inventory, powers, power);
  }
  return new Map([...powers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Map from accounts that an admission policy limits to some namespaces to these namespaces. */
function boundsOf(inventory: Inventory): Map<string, string[]> {
  return new Map(
    inventory
      .all('ValidatingAdmissionPolicy.admissionregistration.k8s.io')
      .filter(({ object }) => isRefused(inventory, object.metadata.name))
      .flatMap(({ object: { metadata } }): [string, string[]][] => {
        const account = metadata.annotations?.[bound.account];
        const label = metadata.annotations?.[bound.label];
        if (account === undefined || label === undefined) return [];
        const labelled = inventory
          .all('Namespace')
          .filter(({ object }) => object.metadata.labels?.[label] !== undefined)
          .map(({ object }) => object.metadata.name);
        return [[account, [account.replace(/\/.*/, ''), ...labelled].sort()]];
      }),
  );
}

function isBounded({ power, scope }: Power): boolean {
  return (
    scope === '*' && sensitiveAccesses.some((access) => access.power === power && access.bounded === true)
  );
}

/** Text of a power, for the table and the list of reasons: `reads Secrets of every namespace`. */
export function powerText({ power, scope, names }: Power): string {
  if (power === everything || power === onTheNode) return power;
  const where = scope === '*' ? 'of every namespace' : `of ${scope}`;
  return `${power} ${where}${names === undefined ? '' : `, of these: ${names.join(', ')}`}`;
}

/** Rules of a binding, with its subjects and its namespace. */
interface Grant {
  account: string;
  scope: string;
  rules: unknown[];
}

function accounts(inventory: Inventory): string[] {
  const made = inventory
    .all('ServiceAccount')
    .map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`);
  return [...made, ...databases(inventory).map((grant) => grant.account)];
}

function grants(inventory: Inventory): Grant[] {
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
    throw new Error(`the rules of ${kind} ${name} are unknown: add them to charts/checks/reach.ts`);
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

function powersOf({ account, scope, rules }: Grant): Power[] {
  return rules.flatMap((rule): Power[] => {
    if (['apiGroups', 'resources', 'verbs'].every((part) => listField(rule, part).includes('*'))) {
      return [{ account, power: everything, scope, leadsTo: [] }];
    }
    const names = listField(rule, 'resourceNames').map(String);
    return sensitiveAccesses
      .filter((access) => opens(rule, access))
      .map(({ power }) => ({ account, power, scope, ...(names.length > 0 ? { names } : {}), leadsTo: [] }));
  });
}

function opens(rule: unknown, access: SensitiveAccess): boolean {
  const has = (part: string, wanted: readonly string[]) => {
    const given = listField(rule, part).map(String);
    return (
      wanted.some((each) => given.includes(each)) || given.some((each) => each === '*' || each === '*/*')
    );
  };
  return (
    has('apiGroups', access.groups) &&
    has('resources', [...access.resources, ...access.resources.map((each) => each.replace(/^.*\//, '*/'))]) &&
    has('verbs', access.verbs)
  );
}

/** Adds a power once, even if several rules grant it; a rule without names removes the limit. */
function add(powers: Map<string, Power[]>, found: Power): void {
  const list = powers.get(found.account) ?? [];
  powers.set(found.account, list);
  const same = list.find(({ power, scope }) => power === found.power && scope === found.scope);
  if (same === undefined) list.push(found);
  else if (same.names !== undefined) {
    const { names } = found;
    if (names === undefined) delete same.names;
    else same.names = [...new Set([...same.names, ...names])].sort();
  }
}

function secondStep(inventory: Inventory, powers: Map<string, Power[]>, power: Power): string[] {
  const { scope, names } = power;
  switch (power.power) {
    case 'reads Secrets':
      return secretsText(inventory, scope, names);
    case 'writes Secrets':
      return [
        ...(names === undefined && (scope === '*' || scope === trustedBy)
          ? ['the keys by which authorities sign']
          : []),
        isRefused(inventory, 'no-token-secrets') ? tokenSecretsRefused : othersText(powers, power),
      ].flat();
    case 'runs pods':
      return [
        ...secretsText(inventory, scope, undefined),
        ...othersText(powers, power),
        ...(isOpen(inventory, scope) ? [theNode] : []),
      ];
    case 'enters pods':
      return [...secretsText(inventory, scope, undefined), ...othersText(powers, power)];
    case 'mints tokens':
      return isRefused(inventory, 'tokens-for-pods')
        ? ['nothing: the policy tokens-for-pods refuses it']
        : othersText(powers, power);
    case 'is others':
      return othersText(powers, power);
    case 'writes roles':
      return ['what it has itself, for whomever it names: Kubernetes lets nobody give more'];
    case 'tells Flux what to apply':
      return [...powers].flatMap(([account, list]) =>
        account.startsWith('flux-system/') && (scope === '*' || scope === 'flux-system')
          ? list.filter(({ power: each }) => each === everything).map(() => `${everything}, as ${account}`)
          : [],
      );
    case 'asks for certificates':
      return isRefused(inventory, 'certificates-of-the-graph')
        ? ['certificates of the graph as they are, by the policy certificates-of-the-graph']
        : ['any name that an authority vouches for'];
    case 'moves requests':
      return isRefused(inventory, 'hosts-of-the-graph')
        ? ['requests of Services; hosts of the graph as they are, by the policy hosts-of-the-graph']
        : ['any host name'];
    case 'decides what is admitted':
      return ['every object that is written, Secrets and pods among them'];
    case onTheNode:
    case 'makes volumes':
    case 'writes nodes':
      return [theNode];
    default:
      return [];
  }
}

const theNode = 'the files of a node: tokens and keys of every pod there';
const tokenSecretsRefused = ['no token of an account: the policy no-token-secrets refuses those'];
/** The namespace with the keys of authorities. */
const trustedBy = 'cert-manager';

/** Text about other accounts of the scope that have powers. */
function othersText(powers: Map<string, Power[]>, { account, scope }: Power): string[] {
  return [...powers]
    .filter(
      ([other, list]) =>
        other !== account && list.length > 0 && (scope === '*' || other.startsWith(`${scope}/`)),
    )
    .map(([other, list]) => `${other}: ${list.map(powerText).join('; ')}`)
    .sort();
}

/** Text about known keys in a scope. */
function secretsText(inventory: Inventory, scope: string, names: string[] | undefined): string[] {
  const keys = inventory
    .all('Certificate.cert-manager.io')
    .filter(({ object }) => scope === '*' || object.metadata.namespace === scope)
    .map(({ object }) => ({
      name: textField(object, 'spec', 'secretName') ?? '',
      isCA: field(object, 'spec', 'isCA') === true,
      commonName: textField(object, 'spec', 'commonName') ?? '',
    }))
    .filter(({ name }) => names === undefined || names.includes(name));
  const authorities = keys.filter(({ isCA }) => isCA);
  const leaves = [...new Set(keys.filter(({ isCA }) => !isCA).map(({ commonName }) => commonName))].sort();
  return [
    ...(authorities.length > 0 ? ['the keys of authorities: whoever the graph knows'] : []),
    ...(leaves.length > 0 ? [`the keys of ${leaves.join(', ')}`] : []),
  ];
}

/** Whether the API server has a policy of this name. */
function isRefused(inventory: Inventory, policy: string): boolean {
  return inventory
    .all('ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io')
    .some(({ object }) => textField(object, 'spec', 'policyName') === policy);
}

/** Whether a pod in this scope can be privileged on its node. */
function isOpen(inventory: Inventory, scope: string): boolean {
  if (scope === '*') return true;
  const level = inventory.namespace(scope)?.metadata.labels?.['pod-security.kubernetes.io/enforce'];
  return level === undefined || level === 'privileged';
}

function reachesNode(pod: unknown): boolean {
  const containers = [...listField(pod, 'initContainers'), ...listField(pod, 'containers')];
  return (
    ['hostPID', 'hostIPC'].some((each) => field(pod, each) === true) ||
    listField(pod, 'volumes').some((volume) => field(volume, 'hostPath') !== undefined) ||
    containers.some(
      (container) =>
        field(container, 'securityContext', 'privileged') === true ||
        listField(container, 'securityContext', 'capabilities', 'add').length > 0,
    )
  );
}

function accountOf({ namespace, account }: Workload): string {
  return `${namespace}/${account}`;
}
