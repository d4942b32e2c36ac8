import { compareText } from '../../model/diagnostics/diagnostic.ts';

/** Map from each node to its predecessors. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/** The dependency cycles found, each starting at its smallest name. */
export function findCycles(graph: DependencyGraph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, trail: string[]): void => {
    const start = trail.indexOf(node);
    if (start !== -1) {
      const cycle = trail.slice(start);
      const least = cycle.indexOf([...cycle].sort(compareText)[0] ?? node);
      cycles.push([...cycle.slice(least), ...cycle.slice(0, least)]);
      return;
    }
    if (done.has(node)) return;
    for (const next of [...(graph.get(node) ?? [])].sort(compareText)) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of [...graph.keys()].sort(compareText)) visit(node, []);
  return cycles;
}
