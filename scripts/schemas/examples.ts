/** The first value at a path in descriptions of this repository; undefined where none writes the field. */
export function exampleOf(
  documents: readonly unknown[],
  path: readonly string[],
  variant: string | undefined,
): unknown {
  for (const document of documents) {
    const [value] = valuesAt(document, path, variant);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function valuesAt(value: unknown, [key, ...rest]: readonly string[], variant: string | undefined): unknown[] {
  if (key === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const kind: unknown = Reflect.get(value, 'kind');
  if (variant !== undefined && rest.length === 0 && kind !== undefined && kind !== variant) return [];
  if (key === 'NAME' || key === '[]') {
    return Object.values(value).flatMap((each) => valuesAt(each, rest, variant));
  }
  return Object.hasOwn(value, key) ? valuesAt(Reflect.get(value, key), rest, variant) : [];
}
