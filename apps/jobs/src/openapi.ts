import { z } from 'zod';
import { deepestJson } from '../../kit/stored-json.ts';
import { storablePattern } from '../../kit/stored-text.ts';
import { type Route, routes } from './routes.ts';
import { jobId, problem, queueName, scheduleKey } from './schemas.ts';

/** What stands in a path, by its name there. */
const parameters: Record<string, z.ZodType> = { queue: queueName, id: jobId, key: scheduleKey.min(1) };

/** A value of a payload. */
const anyJson = {
  description: `At most ${deepestJson} objects and lists in each other, and no text or name with the character NUL.`,
  anyOf: [
    { type: ['null', 'boolean', 'number'] },
    { type: 'string', pattern: storablePattern },
    { type: 'array', items: { $ref: '#/components/schemas/Json' } },
    {
      type: 'object',
      propertyNames: { pattern: storablePattern },
      additionalProperties: { $ref: '#/components/schemas/Json' },
    },
  ],
};

/** The REST face as an OpenAPI 3.1 document, from the same routes and schemas that serve it. */
export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'jobs',
      version: '1',
      description: 'A queue of jobs. Callers prove who they are by a client certificate.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ certificate: [] }],
    components: { securitySchemes: { certificate: { type: 'mutualTLS' } }, schemas: { Json: anyJson } },
    paths,
  };
}

function operation({ id, summary, path, query, body, answer, leadsTo = [] }: Route): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const schema = parameters[name];
    if (schema === undefined) throw new Error(`${path}: nothing says what {${name}} is`);
    return { name, in: 'path', required: true, schema: json(schema, 'input') };
  });
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    schema: json(schema as z.ZodType, 'input'),
  }));
  const refused = { description: 'Refused; the message says why.', content: content(problem, 'output') };
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body ? { requestBody: { required: true, content: content(body, 'input') } } : {}),
    responses: {
      ...(answer
        ? { 200: { description: 'Done.', content: content(answer, 'output'), links: links(leadsTo) } }
        : { 204: { description: 'Done.' } }),
      '4XX': refused,
      '5XX': refused,
    },
  };
}

function links(operations: readonly string[]) {
  const parameters = { queue: '$request.path.queue', id: '$response.body#/id' };
  return Object.fromEntries(operations.map((operationId) => [operationId, { operationId, parameters }]));
}

function content(schema: z.ZodType, io: 'input' | 'output') {
  return { 'application/json': { schema: json(schema, io) } };
}

function json(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, reused: 'inline' });
  return rest;
}
