import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { raises, together } from './align.ts';

const folder = new URL('wrappers/', import.meta.url);

/** The lines of a go.mod that require something; a module that is replaced is another one. */
function requirements(name: string): Map<string, string> {
  const text = readFileSync(new URL(`${name}/go.mod`, folder), 'utf8');
  const replaced = new Set([...text.matchAll(/^(?:replace )?\s*(\S+) => /gm)].map(([, module]) => module));
  const lines = [...text.matchAll(/^(?:require )?\s*(\S+) (v\S+)(?: \/\/ indirect)?$/gm)];
  return new Map(
    lines.flatMap(([, module, version]): [string, string][] =>
      module === undefined || version === undefined || replaced.has(module) ? [] : [[module, version]],
    ),
  );
}

it('the components that are compiled together agree on every version', () => {
  const components = new Map(together.map((name) => [name, requirements(name)]));
  for (const [name, found] of components) expect(found.size, name).toBeGreaterThan(20);
  expect(raises(components), 'type: node images/go/align.ts').toEqual(new Map());
});

it('each of them has a folder', () => {
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([...together]));
});

it('raises to the highest required version, and leaves modules of one component alone', () => {
  const components = new Map([
    [
      'one',
      new Map([
        ['example.org/a', 'v1.36.12-0.20260120151049-f2248ac996af'],
        ['example.org/b', 'v0.9.0'],
      ]),
    ],
    [
      'two',
      new Map([
        ['example.org/a', 'v1.36.12'],
        ['example.org/b', 'v0.10.0'],
        ['example.org/c', 'v1.0.0'],
      ]),
    ],
    ['three', new Map([['example.org/a', 'v1.36.11']])],
  ]);
  expect(raises(components)).toEqual(
    new Map([
      [
        'one',
        new Map([
          ['example.org/a', 'v1.36.12'],
          ['example.org/b', 'v0.10.0'],
        ]),
      ],
      ['three', new Map([['example.org/a', 'v1.36.12']])],
    ]),
  );
});
