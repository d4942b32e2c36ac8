/** The parts of a Kustomization that its place in the order comes from. */
interface Ordered {
  metadata: { name: string };
  spec: { dependsOn?: readonly { name: string }[] };
}

/** Kustomizations after those that they depend on. Those of a cycle, which Flux refuses, come in any order. */
export function inOrder<T extends Ordered>(kustomizations: readonly T[]): T[] {
  const byName = new Map(kustomizations.map((each) => [each.metadata.name, each]));
  const sorted = new Set<T>();
  const visit = (each: T, above: readonly T[]): void => {
    for (const { name } of each.spec.dependsOn ?? []) {
      const other = byName.get(name);
      if (other !== undefined && !sorted.has(other) && !above.includes(other)) visit(other, [...above, each]);
    }
    sorted.add(each);
  };
  for (const each of kustomizations) visit(each, []);
  return [...sorted];
}
