import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { jsonSchemas, schemaLine } from './json-schemas.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '');
const schemas = jsonSchemas();

it.each([...schemas.keys()])('%s is generated from the schema: npm run schemas', (file) => {
  expect(read(file)).toBe(schemas.get(file));
});

const clusters = readdirSync(join(root, 'clusters'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => [`clusters/${name}/cluster.yaml`, '../cluster.schema.json'] as const);

it.each([...clusters, ['images/lock.yaml', 'lock.schema.json'] as const])(
  '%s names its schema in the first line',
  (file, path) => {
    expect(read(file).split('\n')[0]).toBe(schemaLine(path));
  },
);

it.each(clusters)('accepts %s, and refuses an unknown key in it', (file) => {
  const schema = z.fromJSONSchema(JSON.parse(schemas.get('clusters/cluster.schema.json') ?? ''));
  const cluster: unknown = parse(read(file));
  expect(schema.safeParse(cluster).error).toBeUndefined();
  expect(schema.safeParse({ ...Object(cluster), storgae: {} }).success).toBe(false);
});

it('has readable messages for editors instead of patterns', () => {
  expect(JSON.parse(schemas.get('clusters/cluster.schema.json') ?? '')).toMatchObject({
    additionalProperties: false,
    required: expect.arrayContaining(['name', 'nodes', 'apps']),
    properties: {
      domain: { patternErrorMessage: 'expected a DNS name such as dev.example.org' },
    },
  });
});

it.each([...schemas])('has a description for each field of %s', (_, text) => {
  const fields = [...fieldsOf(JSON.parse(text), '')];
  expect(fields.length).toBeGreaterThan(8);
  expect(fields.filter(([, { description }]) => description === undefined)).toEqual([]);
});

it('has the default of a field in its description', () => {
  const fields = fieldsOf(JSON.parse(schemas.get('clusters/cluster.schema.json') ?? ''), '');
  expect(Object.fromEntries(fields)['.retention.metrics']).toMatchObject({
    description: 'Retention of metrics. Default: 15d.',
  });
});

/** Every property that a JSON Schema names, by its path. */
function* fieldsOf(schema: unknown, path: string): Generator<[string, { description?: unknown }]> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') {
      for (const [name, field] of Object.entries(Object(value))) {
        yield [`${path}.${name}`, Object(field)];
        yield* fieldsOf(field, `${path}.${name}`);
      }
    } else yield* fieldsOf(value, path);
  }
}
