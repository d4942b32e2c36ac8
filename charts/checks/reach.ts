import { bound } from '../kube/admission-policy.ts';
import { field, listField } from '../kube/field.ts';
import { accounts, type Grant, grants } from './account-grants.ts';
import type { Inventory, Workload } from './inventory.ts';
import { everything, isRefused, onTheNode, type Power } from './powers.ts';
import { secondStep } from './second-step.ts';
import { type SensitiveAccess, sensitiveAccesses } from './sensitive-access.ts';

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
