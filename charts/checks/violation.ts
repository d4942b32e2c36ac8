import type { FieldPath } from '../../model/reading/source.ts';
import type { Rule } from '../../model/schema/exception.ts';
import { objectId } from '../kube/object-id.ts';
import type { Owned } from './inventory.ts';

/** A rule that a rendered object breaks. */
export interface Violation {
  rule: Rule;
  /** The app or operator that has the object. */
  component: string;
  /** `Deployment orders/orders`. */
  object: string;
  /** The rest of a sentence that begins with the object: `may run as root`. */
  what: string;
  why: string;
  fix: string;
  /** Place of the fix in the component's description; its start if the fix is in a chart. */
  field: FieldPath;
}

/** The texts of a violation. */
export type ViolationText = Pick<Violation, 'what' | 'why' | 'fix'> & { field?: FieldPath };

export function violation(rule: Rule, owned: Owned, fault: ViolationText): Violation {
  const { component, object, templated } = owned;
  const found = { rule, component, object: objectId(object), field: [], ...fault };
  if (templated === undefined) return found;
  return { ...found, field: ['chart', 'values'], fix: `in the chart's values, ${fault.fix}` };
}
