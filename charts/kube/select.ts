import type { Component, KubeObject } from './kube-object.ts';

/** For tests: the one object of that kind and name. */
export function find({ name: of, objects }: Component, kind: string, name: string): KubeObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new Error(`${of} has ${found.length} objects ${kind}/${name}`);
}

/** For tests: what stands below the keys, `undefined` where one of them is missing. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null
        ? Object.entries(part).find(([k]) => k === `${key}`)?.[1]
        : undefined,
    value,
  );
}

/** For tests: the same, where a list is expected. */
export function list(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
