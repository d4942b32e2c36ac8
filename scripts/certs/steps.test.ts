import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Roots, stepsFrom } from './steps.ts';

const roots = (given: Roots, compromise = false) => stepsFrom(given, compromise).map((step) => step.roots);

describe('the steps of a roll', () => {
  it('trusts the new generation, issues by it, then drops the old one', () => {
    expect(stepsFrom({ trusted: [1], issuing: 1 })).toEqual([
      { roots: { trusted: [1, 2], issuing: 1 }, title: 'generation 2 is trusted too' },
      { roots: { trusted: [1, 2], issuing: 2 }, title: 'generation 2 issues' },
      { roots: { trusted: [2], issuing: 2 }, title: 'generation 1 is no longer trusted' },
    ]);
  });

  it('goes on from wherever it was interrupted', () => {
    const all = roots({ trusted: [4], issuing: 4 });
    for (const [i, at] of all.slice(0, -1).entries()) expect(roots(at)).toEqual(all.slice(i + 1));
  });

  it('drops the old one first after a compromise, also in the middle of a roll', () => {
    const only = [{ trusted: [2], issuing: 2 }];
    expect(roots({ trusted: [1], issuing: 1 }, true)).toEqual(only);
    expect(roots({ trusted: [1, 2], issuing: 1 }, true)).toEqual(only);
    expect(roots({ trusted: [1, 2], issuing: 2 }, true)).toEqual(only);
  });

  it('never issues by a generation that was not trusted before, and never drops the one that issues', () => {
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
