import { compareText } from '../../model/diagnostics/problem.ts';

/** From each node to those that come before it. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/**
 * The same order with the fewest edges (the transitive reduction): an edge goes where another one leads to the same
 * node by a longer way. The graph must have no cycle. Targets are sorted.
 */
export function reduce(graph: DependencyGraph): Map<string, string[]> {
  const reach = new Map<string, Set<string>>();
  const reachable = (node: string): Set<string> => {
    const known = reach.get(node);
    if (known !== undefined) return known;
    const all = new Set<string>();
    for (const next of graph.get(node) ?? []) {
      all.add(next);
      for (const further of reachable(next)) all.add(further);
    }
    reach.set(node, all);
    return all;
  };
  return new Map(
    [...graph].map(([node, targets]) => [
      node,
      [...new Set(targets)]
        .filter((target) => !targets.some((other) => other !== target && reachable(other).has(target)))
        .sort(compareText),
    ]),
  );
}

/** One round of nodes for each knot of the graph, starting at its first name. */
export function findCycles(graph: DependencyGraph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, trail: string[]): void => {
    const start = trail.indexOf(node);
    if (start !== -1) {
      const round = trail.slice(start);
      const least = round.indexOf([...round].sort(compareText)[0] ?? node);
      cycles.push([...round.slice(least), ...round.slice(0, least)]);
      return;
    }
    if (done.has(node)) return;
    for (const next of [...(graph.get(node) ?? [])].sort(compareText)) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of [...graph.keys()].sort(compareText)) visit(node, []);
  return cycles;
}
