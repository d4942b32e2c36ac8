import { expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { subjects } from './survive.ts';

it('refuses 2,000 mutated files with place and reason if they are invalid, and throws for none', async () => {
  // The same files each time; npm run fuzz takes others, and many more.
  const { runs, right, codes } = fuzz(await subjects(), { runs: 2_000, seed: 20_260 });
  expect(runs).toBe(2_000);
  // Neither are all of them nonsense nor is nothing of them wrong: the mutations reach every stage.
  expect(right).toBeGreaterThan(20);
  expect([...codes.keys()]).toEqual(
    expect.arrayContaining([
      'yaml-syntax',
      'unknown-key',
      'wrong-type',
      'invisible-character',
      'name-differs',
    ]),
  );
}, 300_000);
