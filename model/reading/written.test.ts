import { expect, it } from 'vitest';
import { z } from 'zod';
import { checkSchema } from '../checks/schema.ts';
import { moduleSource } from './module-source.ts';
import { readYaml } from './read-yaml.ts';
import type { Source } from './source.ts';

const schema = z.object({ env: z.record(z.string(), z.string()) });

function adviceOf(source: Source | undefined): [what: string, fix: string] {
  if (source === undefined) throw new Error('it cannot be read');
  const [diagnostic] = checkSchema(schema, source).diagnostics;
  return [diagnostic?.what ?? '', diagnostic?.fix ?? ''];
}

it.each([
  ['1.10', 'number'],
  ['1.0', 'number'],
  ['0o17', 'number'],
  ['0x1F', 'number'],
  ['010', 'number'],
  ['+1', 'number'],
  ['1e3', 'number'],
  ['-.inf', 'number'],
  ['.NaN', 'number'],
  ['12345678901234567890', 'number'],
  ['True', 'boolean'],
  ['FALSE', 'boolean'],
])('returns %s of YAML as written', (written, type) => {
  for (const text of [
    `env:\n  V: ${written}\n`,
    `env: { V: ${written} }\n`,
    `env:\n  V: &v ${written} # as ever\n`,
    `base: &v ${written}\nenv: { V: *v }\n`,
  ]) {
    expect(adviceOf(readYaml(text, 'a.yaml').source)).toEqual([
      `env.V is the ${type} ${written}`,
      `put it in quotes: V: '${written}'`,
    ]);
  }
});

it.each(['null', '~', 'Null'])('returns %s of YAML, distinct from an empty value', (written) => {
  expect(adviceOf(readYaml(`env:\n  V: ${written}\n`, 'a.yaml').source)).toEqual([
    `env.V is ${written}, which is nothing`,
    `put it in quotes: V: '${written}'`,
  ]);
  expect(adviceOf(readYaml('env:\n  V:\n', 'a.yaml').source)).toEqual([
    'env.V is empty',
    'write a text after V:',
  ]);
});

it.each(['2024-01-01', '12:30:45', 'yes', 'on', '1_000'])('treats %s of YAML 1.2 as a text', (written) => {
  const { source } = readYaml(`env: { V: ${written} }\n`, 'a.yaml');
  expect(source && checkSchema(schema, source).value).toEqual({ env: { V: written } });
});

it.each([
  ['1.10', 1.1],
  ['0x1F', 31],
  ['0o17', 15],
  ['1_000', 1000],
  ['-1.50', -1.5],
  ['1e+3', 1000],
  ['.50', 0.5],
  ['true', true],
])('returns %s of TypeScript as written', (written, value) => {
  for (const end of ['', ' /* as ever */', ',']) {
    const text = `export default defineApp({ env: { V: ${written}${end} } });`;
    expect(adviceOf(moduleSource('app.ts', text, { env: { V: value } }))).toEqual([
      `env.V is the ${typeof value} ${written}`,
      `put it in quotes: V: '${written}'`,
    ]);
  }
});

it.each(['1.10 + 2', 'port', '1.10.toFixed(1)', '...others', 'sizes[1]', 'true && 5'])(
  'returns the value if TypeScript has %s',
  (expression) => {
    const text = `export default { env: { V: ${expression} } };`;
    const [, fix] = adviceOf(moduleSource('app.ts', text, { env: { V: 5.5 } }));
    expect(fix).toBe("put it in quotes: V: '5.5'");
  },
);
