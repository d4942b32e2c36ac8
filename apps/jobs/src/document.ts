import { openApi } from '../../kit/open-api.ts';
import { deepestJson } from '../../kit/stored-json.ts';
import { storablePattern } from '../../kit/stored-text.ts';
import { routes } from './routes.ts';
import { jobId, queueName, scheduleKey } from './schemas.ts';

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

/** The OpenAPI document of `jobs`. */
export function jobsDocument(): object {
  return openApi({
    title: 'jobs',
    description: 'A queue of jobs. Callers prove who they are by a client certificate.',
    routes,
    parameters: { queue: queueName, id: jobId, key: scheduleKey.min(1) },
    schemas: { Json: anyJson },
  });
}
