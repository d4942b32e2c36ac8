import type { Environment } from '../../model/graph.ts';
import type { Exception } from '../../model/schema/exception.ts';
import { ownerOf } from '../order/owners.ts';
import { checkAvailability } from './availability.ts';
import { checkCertificates } from './certificates.ts';
import { checkFlows } from './flows.ts';
import type { Inventory } from './inventory.ts';
import { checkIsolation } from './isolation.ts';
import { checkNamespaces } from './namespaces.ts';
import { checkPods } from './pods.ts';
import { checkRights } from './rights.ts';
import { checkSecrets } from './secrets.ts';
import { checkAccounts } from './service-accounts.ts';
import type { Violation } from './violation.ts';

/** A violation with an exception in its component's description, and the reason. */
export interface Excepted extends Violation {
  reason: string;
}

/** Violations in the rendered objects of one environment, with and without exceptions. */
export interface Checked {
  violations: Violation[];
  excepted: Excepted[];
}

const checks = [
  checkPods,
  checkAvailability,
  checkNamespaces,
  checkIsolation,
  checkFlows,
  checkAccounts,
  checkRights,
  checkCertificates,
  checkSecrets,
];

/**
 * Checks all rendered objects, including those of Helm charts: each violation needs an exception with a
 * reason.
 */
export function checkObjects(inventory: Inventory): Checked {
  const { env } = inventory;
  const exceptions = exceptionsOf(env);
  const checked: Checked = { violations: [], excepted: [] };
  for (const found of checks.flatMap((check) => check(inventory))) {
    const exception = exceptions.get(ownerOf(env, found.component))?.find(({ rule }) => rule === found.rule);
    if (exception === undefined) checked.violations.push(found);
    else checked.excepted.push({ ...found, reason: exception.reason });
  }
  return checked;
}

/** From the name of an app or operator to its exceptions. */
function exceptionsOf(env: Environment): Map<string, readonly Exception[]> {
  return new Map([...env.operators, ...env.apps].map(({ name, exceptions }) => [name, exceptions]));
}
