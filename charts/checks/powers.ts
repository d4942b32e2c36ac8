import { textField } from '../kube/field.ts';
import type { Inventory } from './inventory.ts';

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
export const everything = 'everything';
/** Power of a pod that can read and change the files of its node. */
export const onTheNode = 'is on the node';

/** Text of a power, for the table and the list of reasons: `reads Secrets of every namespace`. */
export function powerText({ power, scope, names }: Power): string {
  if (power === everything || power === onTheNode) return power;
  const where = scope === '*' ? 'of every namespace' : `of ${scope}`;
  return `${power} ${where}${names === undefined ? '' : `, of these: ${names.join(', ')}`}`;
}

/** Whether the API server has a policy of this name. */
export function isRefused(inventory: Inventory, policy: string): boolean {
  return inventory
    .all('ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io')
    .some(({ object }) => textField(object, 'spec', 'policyName') === policy);
}
