import { expect, it } from 'vitest';
import { nearest, suggest } from './nearest.ts';

it.each([
  ['replica', ['replicas', 'name'], 'replicas'],
  ['storgae', ['storage', 'overlay'], 'storage'],
  ['hmoe', ['home', 'orders'], 'home'],
  ['Home', ['home'], 'home'],
  ['colour', ['overlay', 'storage'], undefined],
  ['', ['a'], 'a'],
  ['x', [], undefined],
])('suggests %j for one of %j', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});

it('lists all candidates if none is close', () => {
  expect(suggest('blue', ['red', 'green'], 'none')).toBe('write one of red, green');
  expect(suggest('blue', ['red'], 'none')).toBe("write 'red'");
  expect(suggest('blue', [], 'none')).toBe('none');
  expect(suggest('gren', ['red', 'green'], 'none')).toBe("did you mean 'green'?");
});
