import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { appSchema } from '../../model/app.ts';
import { clusterSchema } from '../../model/schema/cluster.ts';
import { commentsOf } from './comments.ts';
import { exampleOf } from './examples.ts';
import { fieldsOf } from './fields.ts';
import { keysOf, reference, references } from './reference.ts';

const root = join(import.meta.dirname, '../..');

test('the reference is generated from the schemas: npm run schemas', async () => {
  const files = await references(root);
  expect([...files.keys()]).toEqual(['docs/reference/cluster.md', 'docs/reference/app.md']);
  for (const [file, text] of files) {
    expect(existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '', file).toBe(text);
  }
});

test('every field of app.ts and cluster.yaml has a description', () => {
  const commentOf = commentsOf(root, 'model/app.ts', 'appSchema');
  const app = fieldsOf(appSchema).filter((field) => commentOf(keysOf(field), field.variant) === '');
  expect(app.filter(({ description }) => description === '')).toEqual([]);
  expect(fieldsOf(clusterSchema).filter(({ description }) => description === '')).toEqual([]);
});

test('finds comments through constants, lists, variants and several lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-schemas-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'model/schema'), { recursive: true });
  writeFileSync(
    join(folder, 'model/schema/pet.ts'),
    `/** A pet. */
export const pet = z.strictObject({
  /**
   * Name of the pet,
   * in two lines.
   */
  name: z.string(),
});
`,
  );
  writeFileSync(
    join(folder, 'model/zoo.ts'),
    `import { pet } from './schema/pet.ts';

const visitor = z.discriminatedUnion('kind', [
  z.strictObject({
    /** A child. */
    kind: z.literal('child'),
    /** Age in years. */
    size: z.number(),
  }),
  z.strictObject({
    /** A group. */
    kind: z.literal('group'),
    /** Number of people. */
    size: z.number(),
  }),
]);

export const zoo = z.strictObject({
  /** All pets. */
  pets: z.array(pet),
  pet,
  visitors: z.array(visitor),
  silent: z.string(),
});
`,
  );
  const commentOf = commentsOf(folder, 'model/zoo.ts', 'zoo');
  expect(commentOf(['pets'])).toBe('All pets.');
  expect(commentOf(['pet'])).toBe('A pet.');
  expect(commentOf(['pets', 'name'])).toBe('Name of the pet, in two lines.');
  expect(commentOf(['visitors', 'kind'], 'group')).toBe('A group.');
  expect(commentOf(['visitors', 'size'], 'child')).toBe('Age in years.');
  expect(commentOf(['visitors', 'size'], 'group')).toBe('Number of people.');
  expect(commentOf(['silent'])).toBe('');
});

const schema = z.strictObject({
  size: z.number().int().min(1).max(9).default(3).describe('Size of the thing | in units.'),
  tags: z
    .record(z.string(), z.strictObject({ on: z.boolean().describe('Whether it counts.') }))
    .describe('Tags.'),
});

test('a table has type, default, description and the first example', () => {
  const documents = [{ tags: {} }, { tags: { a: { on: true } }, size: 5 }];
  const text = reference({ title: 'Things', intro: 'All.', schema, documents });
  expect(text).toContain(
    '| `size` | whole number from 1 to 9 | `3` | Size of the thing \\| in units. | `5` |',
  );
  expect(text).toContain('| `tags.NAME.on` | boolean | required | Whether it counts. | `true` |');
});

test('an example of one kind is not used for another', () => {
  const documents = [
    {
      uses: [
        { kind: 'a', of: 'x' },
        { kind: 'b', of: 'y' },
      ],
    },
  ];
  expect(exampleOf(documents, ['uses', '[]', 'of'], 'b')).toBe('y');
  expect(exampleOf(documents, ['uses', '[]', 'of'], 'c')).toBeUndefined();
});
