import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { appSchema } from '../../model/app.ts';
import { clusterSchema } from '../../model/schema/cluster.ts';
import { type CommentOf, commentsOf } from './comments.ts';
import { exampleOf } from './examples.ts';
import { type Field, fieldsOf } from './fields.ts';

/** Longest example that a table shows, in characters. */
const maxExample = 80;

/** The reference of cluster.yaml and app.ts: from the path of a Markdown file to its text. */
export async function references(root: string): Promise<Map<string, string>> {
  const clusters = globSync('clusters/*/cluster.yaml', { cwd: root }).sort();
  const apps = globSync(['apps/*/app.ts', 'examples/*/app.ts'], { cwd: root }).sort();
  return new Map([
    [
      'docs/reference/cluster.md',
      reference({
        title: 'cluster.yaml: every field',
        intro:
          'Fields of `clusters/ENV/cluster.yaml`. Examples come from the environments of this repository.',
        schema: clusterSchema,
        documents: clusters.map((file): unknown => parse(readFileSync(join(root, file), 'utf8'))),
      }),
    ],
    [
      'docs/reference/app.md',
      reference({
        title: 'app.ts: every field',
        intro:
          'Fields of `apps/NAME/app.ts`. Examples come from `apps/` and `examples/`. Explanations with whole examples: [app.ts](../app.md).',
        schema: appSchema,
        documents: await Promise.all(apps.map((file) => description(join(root, file)))),
        commentOf: commentsOf(root, 'model/app.ts', 'appSchema'),
      }),
    ],
  ]);
}

/** The object that a file exports by default. */
async function description(file: string): Promise<unknown> {
  const loaded: unknown = await import(file);
  return Reflect.get(Object(loaded), 'default');
}

interface ReferenceInput {
  title: string;
  intro: string;
  schema: z.ZodType;
  /** Descriptions from which examples are taken, in this order. */
  documents: readonly unknown[];
  /** Finds descriptions in comments of the schema. */
  commentOf?: CommentOf;
}

export function reference({ title, intro, schema, documents, commentOf }: ReferenceInput): string {
  const fields = fieldsOf(schema).map((field) => ({
    ...field,
    description: field.description || (commentOf?.(keysOf(field), field.variant) ?? ''),
  }));
  const sections = Map.groupBy(fields, ({ path: [first = ''] }) => first);
  const text = [...sections].map(([name, found]) => section(name, merged(found), documents));
  return `<!-- Written by npm run schemas. -->\n# ${title}\n\n${intro}\nA field without a default is required, unless it is marked as optional. \`NAME\` is a key of your choice, \`[]\` an entry of a list.\n\n${text.join('\n')}`;
}

/** The keys of the schema. */
export function keysOf({ path }: Field): string[] {
  return path.filter((key) => key !== 'NAME' && key !== '[]');
}

/** Alternatives of a union that have the same field, once. */
function merged(fields: readonly Field[]): Field[] {
  const same = Map.groupBy(fields, (field) => JSON.stringify([field.path, field.type, field.description]));
  return [...same.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [others.length > 0 ? { ...first, variant: undefined } : first],
  );
}

function section(name: string, fields: readonly Field[], documents: readonly unknown[]): string {
  const rows = fields.map((field) => {
    const value = exampleOf(documents, field.path, field.variant);
    const example = value === undefined ? '' : shortened(JSON.stringify(value));
    return `| ${[nameOf(field), field.type, defaultOf(field), field.description, example].map(cell).join(' | ')} |`;
  });
  return [
    `## ${name}`,
    '',
    '| field | type | default | description | example |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function nameOf({ path, variant }: Field): string {
  const name = `\`${path.join('.').replaceAll('.[]', '[]')}\``;
  return variant === undefined || path.at(-1) === 'kind' ? name : `${name} (kind \`${variant}\`)`;
}

function defaultOf({ required, default: value }: Field): string {
  if (value !== undefined) return `\`${value}\``;
  return required ? 'required' : 'optional';
}

function shortened(example: string): string {
  return example.length > maxExample ? `\`${example.slice(0, maxExample)}\` …` : `\`${example}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
