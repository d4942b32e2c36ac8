import { isStorable, storable } from './stored-text.ts';

/**
 * Maximum depth of objects and lists. Protobuf readers accept 100 nested messages; an object of
 * `google.protobuf.Struct` has three, and the enclosing messages two.
 */
export const deepestJson = 32;

/** JavaScript takes an assignment to this name for the prototype of the object, so that copies lose it. */
export const droppedName = '__proto__';

const tooDeep = `at most ${deepestJson} nested objects and lists`;

type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

interface Fault {
  /** Path in the value. */
  path: string[];
  why: string;
}

/**
 * Reason why Postgres cannot store a value as JSON; undefined if it can. It is not recursive, so depth needs
 * no stack.
 */
export function faultOf(value: unknown): Fault | undefined {
  const open: { value: unknown; path: string[] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    const why = faultOfOne(value, path.length);
    if (why !== undefined) return { path, why };
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (key === droppedName) return { path, why: `the name ${droppedName}, which JavaScript drops` };
      if (!isStorable(key)) return { path, why: 'a name with NUL or half a surrogate pair' };
      open.push({ value: inner, path: [...path, key] });
    }
  }
  return undefined;
}

/** The object, or the closest one that can be stored: for values that must not be lost. */
export function storableObject(value: object, depth = 0): { [name: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [storableName(key), storableValue(inner, depth + 1)]),
  );
}

function storableName(key: string): string {
  return key === droppedName ? `\uFFFD${key}` : storable(key);
}

function storableValue(value: unknown, depth: number): JsonValue {
  if (typeof value === 'string') return storable(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= deepestJson) return `left out: ${tooDeep}`;
  return Array.isArray(value)
    ? value.map((inner) => storableValue(inner, depth + 1))
    : storableObject(value, depth);
}

function faultOfOne(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string')
    return isStorable(value) ? undefined : 'a text with NUL or half a surrogate pair';
  // From JSON such as 1e400, or as a protobuf double.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${value} is not a JSON number`;
  if (typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return 'no value';
  return depth >= deepestJson ? tooDeep : undefined;
}
