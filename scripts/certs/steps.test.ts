import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitsFrom, type Roots, stepsFrom } from './steps.ts';

const roots = (given: Roots, compromise = false) => stepsFrom(given, compromise).map((step) => step.roots);

describe('the steps of a rotation', () => {
  it('trusts the new generation, issues with it, then removes the old one', () => {
    expect(stepsFrom({ trusted: [1], issuing: 1 })).toEqual([
      { roots: { trusted: [1, 2], issuing: 1 }, title: 'generation 2 is trusted too' },
      { roots: { trusted: [1, 2], issuing: 2 }, title: 'generation 2 issues' },
      { roots: { trusted: [2], issuing: 2 }, title: 'generation 1 is no longer trusted' },
    ]);
  });

  it('continues from any interruption', () => {
    const all = roots({ trusted: [4], issuing: 4 });
    for (const [i, at] of all.slice(0, -1).entries()) expect(roots(at)).toEqual(all.slice(i + 1));
  });

  it('removes the old one first after a compromise, also during a rotation', () => {
    const only = [{ trusted: [2], issuing: 2 }];
    expect(roots({ trusted: [1], issuing: 1 }, true)).toEqual(only);
    expect(roots({ trusted: [1, 2], issuing: 1 }, true)).toEqual(only);
    expect(roots({ trusted: [1, 2], issuing: 2 }, true)).toEqual(only);
  });

  it('never issues with an untrusted generation, and never removes the one that issues', () => {
    const given = fc
      .uniqueArray(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 })
      .chain((trusted) => fc.record({ trusted: fc.constant(trusted), issuing: fc.constantFrom(...trusted) }));
    fc.assert(
      fc.property(given, (start) => {
        let before = start;
        for (const after of roots(start)) {
          expect(before.trusted).toContain(after.issuing);
          expect(after.trusted).toContain(before.issuing === after.issuing ? after.issuing : before.issuing);
          before = after;
        }
        expect(before.trusted).toEqual([before.issuing]);
        expect(before.issuing).toBeGreaterThanOrEqual(Math.max(...start.trusted));
      }),
    );
  });
});

describe('the rotation of a root with intermediates below it', () => {
  const environment = (roots: Roots) => ({ name: 'environment', ...roots });
  const orders = (roots: Roots) => ({ name: 'orders', ...roots });
  const rest = { trusted: [1], issuing: 1 };

  it('creates new intermediates in the commit in which the new root issues, and removes the old ones last', () => {
    expect(commitsFrom(environment(rest), [orders({ trusted: [7], issuing: 7 })])).toEqual([
      {
        roots: { environment: { trusted: [1, 2], issuing: 1 } },
        title: 'generation 2 is trusted too',
      },
      {
        roots: {
          environment: { trusted: [1, 2], issuing: 2 },
          orders: { trusted: [7, 8], issuing: 8 },
        },
        title: 'generation 2 issues, to a new generation of each CA below it',
      },
      {
        roots: { environment: { trusted: [2], issuing: 2 }, orders: { trusted: [8], issuing: 8 } },
        title: 'generation 1 is no longer trusted',
      },
    ]);
  });

  it('removes everything that the old root signed at once after a compromise', () => {
    const roots = { environment: { trusted: [2], issuing: 2 }, orders: { trusted: [2], issuing: 2 } };
    expect(commitsFrom(environment(rest), [orders(rest)], true).map((each) => each.roots)).toEqual([roots]);
  });

  it('equals that of the authority alone if it signs no other', () => {
    expect(commitsFrom(orders(rest), []).map((each) => each.roots)).toEqual(
      stepsFrom(rest).map(({ roots }) => ({ orders: roots })),
    );
  });

  it('continues from any interruption, and no certificate is ever below an untrusted root', () => {
    const generations = fc
      .uniqueArray(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 3 })
      .chain((trusted) => fc.record({ trusted: fc.constant(trusted), issuing: fc.constantFrom(...trusted) }));
    fc.assert(
      fc.property(generations, fc.array(generations, { minLength: 1, maxLength: 3 }), (root, others) => {
        let above = environment(root);
        let below = others.map((roots, i) => ({ name: `app-${i}`, ...roots }));
        const commits = commitsFrom(above, below);
        // From a generation of a CA to the root that was told to sign it when it was made.
        const signed = new Map<string, number>();
        const sign = () => {
          for (const { name, trusted } of below)
            for (const generation of trusted) {
              const ca = `${name} ${generation}`;
              signed.set(ca, signed.get(ca) ?? above.issuing);
            }
        };
        sign();
        for (const [i, { roots }] of commits.entries()) {
          expect(above.trusted).toContain(roots.environment?.issuing);
          // What processes hold before this commit they hold for a while after it.
          const held = below.map(({ name, issuing }) => signed.get(`${name} ${issuing}`));
          above = { ...above, ...roots.environment };
          below = below.map((each) => ({ ...each, ...roots[each.name] }));
          sign();
          const now = below.map(({ name, issuing }) => signed.get(`${name} ${issuing}`));
          for (const one of [...held, ...now]) expect(above.trusted).toContain(one);
          expect(commitsFrom(above, below).slice(0, i < commits.length - 1 ? undefined : 0)).toEqual(
            commits.slice(i + 1),
          );
        }
        for (const { trusted, issuing } of [above, ...below]) expect(trusted).toEqual([issuing]);
      }),
    );
  });
});
