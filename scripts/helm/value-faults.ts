import type { FieldPath } from '../../model/reading/source.ts';

/** Helm's message about one value. */
export interface ValueFault {
  /** Path below `chart.values`; empty if Helm names none. */
  path: FieldPath;
  /** The rest of a sentence that begins with the value: `got string, want boolean`. */
  what: string;
  /** The key that the schema does not have, if that is the fault. */
  unknown?: string;
}

/** A fault of a value against the chart's values.schema.json, as Helm prints it (santhosh-tekuri/jsonschema, `- at 'POINTER': …`). */
const fault = /^\s*- at '([^']*)': (.*)$/;

/** Faults of values, from Helm's output: each fault against the schema, or the message of a template. */
export function faultsIn(stderr: string): ValueFault[] {
  const lines = stderr.split('\n');
  const found = lines.flatMap((line): ValueFault[] => {
    const [, pointer, what] = fault.exec(line) ?? [];
    if (pointer === undefined || what === undefined) return [];
    const path = pathOf(pointer);
    const [, unknown] = /^additional properties? '([^']+)'/.exec(what) ?? [];
    return [unknown === undefined ? { path, what } : { path: [...path, unknown], what, unknown }];
  });
  // A fault of several alternatives is followed by one for each alternative; the deepest path is the most
  // precise.
  const deepest = found.filter(
    ({ path }) =>
      !found.some(
        (other) => other.path.length > path.length && path.every((part, i) => part === other.path[i]),
      ),
  );
  if (deepest.length > 0) return deepest;
  const message = lines.findLast((line) => line.startsWith('Error: '))?.slice('Error: '.length);
  return [
    {
      path: [],
      what: (message ?? stderr.trim().split('\n').at(-1) ?? '').trim() || 'Helm ended without a message',
    },
  ];
}

/** A JSON pointer (RFC 6901) as a path. */
function pathOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
