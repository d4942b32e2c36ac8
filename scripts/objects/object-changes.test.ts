import { expect, it } from 'vitest';
import { changes } from './object-changes.ts';

it.each<[string, unknown, unknown, unknown[]]>([
  ['nothing', { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2 }] } }, []],
  ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', before: 1, after: 2 }]],
  [
    'a key that comes and one that goes',
    { a: 1 },
    { b: 1 },
    [
      { path: 'a', before: 1 },
      { path: 'b', after: 1 },
    ],
  ],
  [
    'an item by its name',
    {
      env: [
        { name: 'A', value: 1 },
        { name: 'B', value: 1 },
      ],
    },
    {
      env: [
        { name: 'B', value: 2 },
        { name: 'C', value: 3 },
      ],
    },
    [
      { path: 'env[A]', before: { name: 'A', value: 1 } },
      { path: 'env[B].value', before: 1, after: 2 },
      { path: 'env[C]', after: { name: 'C', value: 3 } },
    ],
  ],
  [
    'items without names',
    { ports: [{ port: 1 }, { port: 2 }] },
    { ports: [{ port: 2 }, { port: 3 }, { port: 4 }] },
    [
      { path: 'ports[]', before: { port: 1 } },
      { path: 'ports[]', after: { port: 3 } },
      { path: 'ports[]', after: { port: 4 } },
    ],
  ],
  [
    'one item without a name',
    { rules: [{ a: 1, b: 1 }] },
    { rules: [{ a: 1, b: 2 }] },
    [{ path: 'rules[].b', before: 1, after: 2 }],
  ],
  [
    'an order',
    { args: ['a', 'b'] },
    { args: ['b', 'a'] },
    [{ path: 'args', before: ['a', 'b'], after: ['b', 'a'] }],
  ],
  ['a type', { a: [1] }, { a: { b: 1 } }, [{ path: 'a', before: [1], after: { b: 1 } }]],
])('sees %s', (_, before, after, expected) => {
  expect(changes(before, after)).toEqual(expected);
});
