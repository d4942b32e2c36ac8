import type { FieldPath } from '../../model/reading/source.ts';

/** What Helm says of one value. */
export interface ValueFault {
  /** Below `chart.values`; empty where it names none. */
  path: FieldPath;
  /** The rest of a sentence that begins with the value: `got string, want boolean`. */
  what: string;
  /** The key that the schema does not have, where that is it. */
  unknown?: string;
}

/** A fault of a value against the chart's values.schema.json, as Helm prints it (santhosh-tekuri/jsonschema, `- at 'POINTER': …`). */
const fault = /^\s*- at '([^']*)': (.*)$/;

/** What is wrong with values, from what Helm printed as it refused them: each fault of the schema, or the message of a template. */
export function faultsIn(stderr: string): ValueFault[] {
  const lines = stderr.split('\n');
  const found = lines.flatMap((line): ValueFault[] => {
    const [, pointer, what] = fault.exec(line) ?? [];
    if (pointer === undefined || what === undefined) return [];
    const path = pathOf(pointer);
    const [, unknown] = /^additional properties? '([^']+)'/.exec(what) ?? [];
    return [unknown === undefined ? { path, what } : { path: [...path, unknown], what, unknown }];
  });
  // A fault of several alternatives is followed by one for each, at the same place and deeper: the deepest says most.
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
      what: (message ?? stderr.trim().split('\n').at(-1) ?? '').trim() || 'Helm ended without a word',
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
