import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from './yaml.ts';

describe('toYaml', () => {
  it('writes an object like a person would', () => {
    const object = {
      spec: { template: { spec: { containers: [{ args: ['--a=b', 'it is'], image: 'x/y:1', name: 'c' }] } } },
      metadata: { labels: { b: 'x', a: '1' }, namespace: 'ns', name: 'm' },
      kind: 'Thing',
      data: { script: 'set -e\n\nrun\n', empty: '', none: null, list: [], map: {}, gone: undefined },
      apiVersion: 'v1',
      nested: [[1, 2], [{ b: 1, a: 2 }]],
    };
    expect(toYaml(object)).toBe(`apiVersion: v1
kind: Thing
metadata:
  name: m
  namespace: ns
  labels:
    a: '1'
    b: x
data:
  empty: ''
  list: []
  map: {}
  none: null
  script: |
    set -e

    run
nested:
  - - 1
    - 2
  - - a: 2
      b: 1
spec:
  template:
    spec:
      containers:
        - name: c
          image: x/y:1
          args:
            - --a=b
            - it is
`);
  });

  it.each([
    ...[
      'on',
      'No',
      'y',
      '~',
      'null',
      'TRUE',
      '',
      ' a',
      'a ',
      '-',
      '- a',
      'a: b',
      'a:',
      'a #b',
      '#a',
      '@a',
      '`a',
      '*',
    ],
    ...[
      '1e3',
      '0x1f',
      '0o17',
      '017',
      '1_000',
      '.5',
      '+1',
      '-1',
      '1:20',
      '2001-12-14',
      '.inf',
      '-.INF',
      'nan',
      '1.5.',
    ],
    ...[
      '!a',
      '&a',
      '%a',
      '|',
      '>',
      '"a"',
      "'a'",
      "it's",
      '{a}',
      '[a]',
      'a, b',
      '?',
      '? a',
      '---',
      '...',
      '<<',
      '=',
    ],
    ...[
      'a\tb',
      '\ta',
      'a\r\nb',
      'a\u2028b',
      'a\u0085b',
      '\ufeffa',
      '\u0000',
      'é ü 漢 😀',
      '\ud800',
      'a\u00a0b',
    ],
    ...[
      'a\n',
      'a\nb',
      'a\n\n',
      '\n',
      '\n\na',
      ' a\nb',
      'a\n b',
      'a \nb',
      'a\n \nb',
      '\ta\nb',
      'a\n\tb',
      '# a\n- b: |\n',
    ],
    ...[
      '10.96.0.10',
      '10m',
      '128Mi',
      '1.2.3.4/24',
      'v1.36.4',
      'a=b',
      '$(NODE_NAME)',
      'https://a.b:80/c?d=e&f=g',
    ],
  ])('keeps %j', (text) => {
    for (const value of [text, { a: text, b: [text, [text], { c: text }], [text]: 1 }, [text, text]]) {
      expect(parse(toYaml(value))).toEqual(value);
      expect(load(toYaml(value))).toEqual(value);
    }
  });

  it('uses no quotes for common values in manifests', () => {
    const words = [
      '10m',
      '128Mi',
      '1.2.3.4/24',
      'v1.36.4',
      '--addr=:8080',
      '$(POD_IP)',
      'x.y/z:1',
      '/a b',
      'a: b',
    ];
    expect(words.map((word) => toYaml(word).trim())).toEqual([...words.slice(0, -1), "'a: b'"]);
  });

  it('is parsed to the same value by two parsers, for any value', () => {
    const tricky = fc.string({
      unit: fc.constantFrom(...' \t\n:#-?[]{}",\'|>&*!%@`~.0179exoy_+naNé\u0085\u2028'),
    });
    const string = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), tricky);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          string,
          fc.integer(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(string, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        const yaml = toYaml(value);
        expect(parse(yaml)).toEqual(plain);
        expect(load(yaml)).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  it('is parsed to the same value by two parsers, for any Kubernetes object', () => {
    const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
    const value = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.constantFrom('1', 'true', 'null', '0x1', '1e3', '10m', '2001-12-14', 'a: b', '- a', '#', '@', '%'),
      fc.array(fc.string(), { maxLength: 4 }).map((lines) => lines.join('\n')),
    );
    const strings = fc.dictionary(name, value, { maxKeys: 5 });
    const object = fc.record({
      apiVersion: fc.constantFrom('v1', 'apps/v1', 'cert-manager.io/v1'),
      kind: fc.constantFrom('ConfigMap', 'Deployment', 'Certificate'),
      metadata: fc.record({ name, namespace: name, labels: strings, annotations: strings }),
      data: strings,
      spec: fc.record({
        replicas: fc.nat(),
        ratio: fc.double({ noNaN: true, noDefaultInfinity: true }),
        args: fc.array(value, { maxLength: 5 }),
        nested: fc.array(fc.array(strings, { maxLength: 2 }), { maxLength: 3 }),
      }),
    });
    fc.assert(
      fc.property(object, (given) => {
        const yaml = toYaml(given);
        const plain: unknown = JSON.parse(JSON.stringify(given));
        expect(parse(yaml)).toEqual(plain);
        expect(load(yaml)).toEqual(plain);
        expect(toYaml(parse(yaml))).toBe(yaml);
        // The order in which keys were put in does not matter.
        expect(toYaml(Object.fromEntries(Object.entries(given).reverse()))).toBe(yaml);
        // No line ends with invisible characters.
        if (!JSON.stringify(given).includes(' ')) expect(yaml).not.toMatch(/[ \t]\n/);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses values that JSON cannot hold', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, new Date(0), Symbol('a')]) {
      expect(() => toYaml({ value })).toThrow('cannot be written');
    }
  });
});
