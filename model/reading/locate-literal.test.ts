import { expect, it } from 'vitest';
import { locateLiteral } from './locate-literal.ts';
import type { FieldPath } from './source.ts';

const text = `import { defineApp } from '../../model/app.ts';

const port = 80; // name: 'no'
/* export: { name: 'no' } */
export default defineApp({
  // name: 'commented out'
  'summary': 'a text with name: "x", { and [ and \\'',
  run: \`\${port} name: {\`,
  port,
  ports: { http: { port }, "grpc": { port: 9000 } },
  ...{ hidden: 1 },
  uses: [
    { kind: 'app', app: 'a' }, // the first, with a comma
    { kind: 'app', app: 'b', nested: [[1, 2], [3]] },
  ],
  name: 'right',
});
`;

/** The text at the key and at the value of a path. */
function at(path: FieldPath, of = text): [string, string] {
  const { key, value } = locateLiteral(of, path);
  return [of.slice(key, key + 6), of.slice(value, value + 6)];
}

it.each([
  [['name'], 'name: ', "'right"],
  [['summary'], "'summa", "'a tex"],
  [['port'], 'port,\n', 'port,\n'],
  [['ports', 'grpc', 'port'], 'port: ', '9000 }'],
  [['uses', 1, 'app'], "app: '", "'b', n"],
  [['uses', 1, 'nested', 1, 0], '3]] },', '3]] },'],
])('finds %j', (path, key, value) => {
  expect(at(path)).toEqual([key, value]);
});

it('a missing field has the place of the nearest written one', () => {
  expect(at(['hidden'])[0]).toBe('{\n  //');
  expect(at(['uses', 7])[0]).toBe('uses: ');
  expect(at(['ports', 'http', 'missing'])[0]).toBe('http: ');
  expect(at(['name', 'deeper'])[0]).toBe('name: ');
});

it('finds a literal without a call, in a constant, or none', () => {
  expect(at(['a'], 'export default { a: 1 };')[0]).toBe('a: 1 }');
  expect(at(['a'], 'const app: App = define({ a: 1 });\nexport default app;\n')[0]).toBe('a: 1 }');
  expect(at(['a'], 'const app = { a: 1 };\nexport default app')[0]).toBe('a: 1 }');
  expect(at(['a'], 'export default make();')[0]).toBe(');');
  expect(at(['a'], 'nothing')[0]).toBe('nothin');
});

it('ends on any text, also on one that is not TypeScript', () => {
  expect(at(['name', 'b'], 'export default { a: ], name: 1 };')[0]).toBe('{ a: ]');
  expect(at(['a', 3], 'export default { a: [1, }, 2] };')[0]).toBe('}, 2] ');
  expect(at(['a'], "export default { 'a: [{(")[0]).toBe("{ 'a: ");
});
