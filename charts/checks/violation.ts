import type { FieldPath } from '../../model/reading/source.ts';
import type { Rule } from '../../model/schema/exception.ts';
import { objectId } from '../kube/object-id.ts';
import type { Owned } from './inventory.ts';

/** A rule that a rendered object breaks. */
export interface Violation {
  rule: Rule;
  /** The app or the operator whose object it is. */
  component: string;
  /** `Deployment orders/orders`. */
  object: string;
  /** What of the object breaks it, as the rest of a sentence that begins with the object: `may run as root`. */
  what: string;
  why: string;
  fix: string;
  /** Where in the component's description that could be said; its start where it is said in a chart. */
  field: FieldPath;
}

/** What a check says of an object. */
export type ViolationText = Pick<Violation, 'what' | 'why' | 'fix'> & { field?: FieldPath };

export function violation(rule: Rule, { component, object }: Owned, fault: ViolationText): Violation {
  return { rule, component, object: objectId(object), field: [], ...fault };
}
