import { field, listField, textField } from './field.ts';

/** Whether a label selector matches these labels; the empty selector matches all, a missing one none. */
export function selects(selector: unknown, labels: unknown): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  const wanted: unknown = field(selector, 'matchLabels') ?? {};
  return (
    Object.entries(Object(wanted)).every(([key, value]) => field(labels, key) === value) &&
    listField(selector, 'matchExpressions').every((expression) => holds(expression, labels))
  );
}

/** Whether a label selector matches everything. */
export function selectsAll(selector: unknown): boolean {
  const wanted: unknown = field(selector, 'matchLabels') ?? {};
  return (
    typeof selector === 'object' &&
    selector !== null &&
    Object.keys(Object(wanted)).length === 0 &&
    listField(selector, 'matchExpressions').length === 0
  );
}

function holds(expression: unknown, labels: unknown): boolean {
  const value = field(labels, textField(expression, 'key') ?? '');
  switch (textField(expression, 'operator')) {
    case 'In':
      return listField(expression, 'values').includes(value);
    case 'NotIn':
      return !listField(expression, 'values').includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
