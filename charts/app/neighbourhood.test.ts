import fc from 'fast-check';
import { expect, it } from 'vitest';
import { components } from '../../scripts/render/components.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { neighbourhoods } from './neighbourhood.ts';

const uses = (...apps: string[]) => apps.map((app) => ({ kind: 'app' as const, app, port: 'http' }));
const names = ['a', 'b', 'c', 'd', 'e'];

it('a view has the app, the apps that it uses and those that use it', () => {
  const apps = [
    testApp({ name: 'a', uses: uses('b') }),
    testApp({ name: 'b', uses: uses('c') }),
    testApp({ name: 'c' }),
    testApp({ name: 'd' }),
  ];
  const cluster = { apps: { a: { replicas: 2 }, d: { replicas: 2 } } };
  const seen = neighbourhoods(environment({ apps, cluster })).map(([app, view]) => [
    app.name,
    view.apps.map(({ name }) => name),
    Object.keys(view.cluster.apps),
  ]);
  expect(seen).toEqual([
    ['a', ['a', 'b'], ['a']],
    ['b', ['a', 'b', 'c'], ['a']],
    ['c', ['b', 'c'], []],
    ['d', ['d'], ['d']],
  ]);
});

it('a view is sufficient: a change outside of it changes no object of the app', () => {
  const edges = fc.uniqueArray(fc.tuple(fc.nat(4), fc.nat(4)), { selector: String, maxLength: 8 });
  fc.assert(
    fc.property(edges, fc.nat(4), (pairs, changed) => {
      const apps = (summary: string) =>
        names.map((name, i) =>
          testApp({
            name,
            uses: uses(
              ...pairs.filter(([from, to]) => from === i && to > i).map(([, to]) => names[to] ?? ''),
            ),
            ...(i === changed ? { summary, ports: { http: { port: 9000 + summary.length } } } : {}),
          }),
        );
      const [before, after] = ['short', 'longer'].map((summary) => environment({ apps: apps(summary) }));
      if (before === undefined || after === undefined) throw new Error('no environments');
      const same = neighbourhoods(before)
        .filter(([, view]) => !view.apps.some(({ name }) => name === names[changed]))
        .map(([app]) => app.name);
      const objects = (of: typeof before) =>
        JSON.stringify(components(of).filter(({ name }) => same.includes(name)));
      expect(objects(after)).toBe(objects(before));
    }),
    { numRuns: 50 },
  );
});
