import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DependencyGraph, findCycles, reduce } from './reduce.ts';

it('leaves out what a longer way says already', () => {
  const graph = new Map([
    ['app', ['crds', 'gateway', 'base', 'crds']],
    ['gateway', ['crds', 'base']],
    ['crds', ['base']],
    ['base', []],
  ]);
  expect(Object.fromEntries(reduce(graph))).toEqual({
    app: ['gateway'],
    gateway: ['crds'],
    crds: ['base'],
    base: [],
  });
});

it('finds rounds from their first name', () => {
  expect(
    findCycles(
      new Map([
        ['c', ['b']],
        ['b', ['a']],
        ['a', ['c']],
        ['d', ['a']],
      ]),
    ),
  ).toEqual([['a', 'c', 'b']]);
  expect(findCycles(new Map([['a', ['a']]]))).toEqual([['a']]);
  expect(
    findCycles(
      new Map([
        ['a', ['b']],
        ['b', []],
      ]),
    ),
  ).toEqual([]);
});

/** Graphs without a cycle: each node only points to those before it. */
const acyclic = fc
  .array(fc.array(fc.nat(20), { maxLength: 6 }), { maxLength: 12 })
  .map((rows) => new Map(rows.map((row, i) => [`n${i}`, row.filter((j) => j < i).map((j) => `n${j}`)])));

function reachable(graph: DependencyGraph, from: string): string[] {
  const seen = new Set<string>();
  const visit = (node: string) => {
    for (const next of graph.get(node) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(from);
  return [...seen].sort();
}

it('keeps the order, and no edge can go', () => {
  fc.assert(
    fc.property(acyclic, (graph) => {
      const reduced = reduce(graph);
      for (const node of graph.keys()) {
        expect(reachable(reduced, node)).toEqual(reachable(graph, node));
        for (const target of reduced.get(node) ?? []) {
          const without = new Map(reduced).set(
            node,
            (reduced.get(node) ?? []).filter((other) => other !== target),
          );
          expect(reachable(without, node)).not.toContain(target);
        }
      }
    }),
  );
});
