import { z } from 'zod';
import { lockSchema } from '../../images/lock/index.ts';
import { clusterSchema } from './cluster.ts';
import { publishedImagesSchema } from './published-images.ts';

/** The first line of a YAML file that tells editors its schema (yaml-language-server, 'Using inlined schema'). */
export function schemaLine(path: string): string {
  return `# yaml-language-server: $schema=${path}`;
}

/** JSON Schemas with which editors complete and check YAML files: map from path to text. */
export function jsonSchemas(): Map<string, string> {
  return new Map([
    ['clusters/cluster.schema.json', jsonSchema('One environment.', clusterSchema)],
    [
      'clusters/images.schema.json',
      jsonSchema(
        'What an environment runs; written by publish, promote and rollback.',
        publishedImagesSchema,
      ),
    ],
    [
      'images/lock.schema.json',
      jsonSchema('Versions, digests and checksums of everything that is fetched.', lockSchema),
    ],
  ]);
}

function jsonSchema(description: string, schema: z.ZodType): string {
  const json = z.toJSONSchema(schema.meta({ description }), {
    io: 'input',
    // The draft that yaml-language-server supports.
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      const message = patternMessage(zodSchema);
      if (message !== undefined) jsonSchema.patternErrorMessage = `expected ${message}`;
      const { description, default: value } = jsonSchema;
      // Editors show only the description.
      if (description !== undefined && typeof value !== 'object' && value !== undefined)
        jsonSchema.description = `${description} Default: ${value}.`;
    },
  });
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** The schema's own message for a text that does not match its pattern; otherwise editors would show the pattern. */
function patternMessage(schema: z.core.$ZodType): string | undefined {
  if (!(schema instanceof z.ZodString)) return undefined;
  for (const check of schema._zod.def.checks ?? []) {
    const { def } = check._zod;
    if (def.check !== 'string_format' || def.error === undefined) continue;
    const message: unknown = Reflect.apply(def.error, undefined, [{}]);
    if (typeof message === 'string') return message;
  }
  return undefined;
}
