import { z } from 'zod';
import type { Route } from './route.ts';

/** What a refusal looks like over REST. */
export const problem = z.object({
  error: z.object({
    code: z.string().describe('For programs, such as `not_found`.'),
    message: z.string().describe('What is wrong, for people.'),
  }),
});

export interface OpenApiInput<Service> {
  title: string;
  description: string;
  routes: readonly Route<Service>[];
  /** What stands in a path, by its name there. */
  parameters: Readonly<Record<string, z.ZodType>>;
  /** Schemas that others point to, by name. Default: none. */
  schemas?: Record<string, object>;
  /** How callers prove who they are, by name, beside the certificate (OpenAPI 3.1, 'Security Scheme Object'). Default: none. */
  security?: Record<string, object>;
}

/** A REST face as an OpenAPI 3.1 document, from the same routes and schemas that serve it. */
export function openApi<Service>(input: OpenApiInput<Service>): object {
  const { title, description, routes, parameters, schemas = {}, security = {} } = input;
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, parameters) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: '1',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // One of them is enough, and each stands beside the certificate.
    security: securityOf(Object.keys(security)),
    components: { securitySchemes: { certificate: { type: 'mutualTLS' }, ...security }, schemas },
    paths,
  };
}

function securityOf(names: readonly string[]): object[] {
  return names.length === 0 ? [{ certificate: [] }] : names.map((name) => ({ certificate: [], [name]: [] }));
}

function operation<Service>(
  { id, summary, path, query, body, answer, streams, leadsTo }: Route<Service>,
  parameters: OpenApiInput<Service>['parameters'],
): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const schema = parameters[name];
    if (schema === undefined) throw new Error(`${path}: {${name}} has no schema`);
    return { name, in: 'path', required: true, schema: json(schema, 'input') };
  });
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    schema: json(schema as z.ZodType, 'input'),
  }));
  const refused = {
    description: 'Refused; the message has the reason.',
    content: content(problem, 'output'),
  };
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body ? { requestBody: { required: true, content: content(body, 'input') } } : {}),
    responses: {
      ...(answer
        ? {
            200: {
              description: streams ? 'Server-sent events; the data of each is one answer.' : 'Done.',
              content: content(answer, 'output', streams ? 'text/event-stream' : undefined),
              links: links(leadsTo),
            },
          }
        : { 204: { description: 'Done.' } }),
      '4XX': refused,
      '5XX': refused,
    },
  };
}

function links(operations: Route<never>['leadsTo'] = {}): object {
  return Object.fromEntries(
    Object.entries(operations).map(([operationId, parameters]) => [operationId, { operationId, parameters }]),
  );
}

function content(schema: z.ZodType, io: 'input' | 'output', type = 'application/json') {
  return { [type]: { schema: json(schema, io) } };
}

function json(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, reused: 'inline' });
  return rest;
}
