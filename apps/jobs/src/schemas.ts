import { z } from 'zod';
import { pageToken } from '../../kit/page-token.ts';
import { faultOf } from '../../kit/stored-json.ts';
import { storablePattern, storedText } from '../../kit/stored-text.ts';

export const states = ['queued', 'active', 'retry', 'completed', 'cancelled', 'dead'] as const;

export const queueName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/,
    "a name of at most 64 letters a-z, digits, '.', '-' and '_', such as 'orders.confirm'",
  )
  .describe('Name of the queue; begins with the name of its app.');

export const jobId = z.uuid();

/** Key beside a job's payload with the trace of the request that created it. */
export const traceKey = '_traceparent';

const payload = z
  .record(z.string(), z.unknown())
  .superRefine((value, context) => {
    if (Object.hasOwn(value, traceKey)) context.addIssue(`'${traceKey}' is reserved for the queue`);
    const fault = faultOf(value);
    if (fault !== undefined) context.addIssue({ code: 'custom', path: fault.path, message: fault.why });
    else if (Buffer.byteLength(JSON.stringify(value)) > 64 * 1024) context.addIssue('at most 64 KiB as JSON');
  })
  .meta({
    description: 'Payload for the worker: at most 64 KiB.',
    propertyNames: { pattern: storablePattern },
    additionalProperties: { $ref: '#/components/schemas/Json' },
  });

/** Time zones, including aliases. */
const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];

const seconds = (most: number) => z.int().min(1).max(most);

export const retryPolicy = z
  .strictObject({
    limit: z.int().min(0).max(100).default(5).describe('Number of attempts after the first.'),
    delaySeconds: seconds(86_400)
      .default(1)
      .describe('Delay before the first retry; doubles with each further one, with random jitter.'),
    delayMaxSeconds: seconds(86_400).default(3600).describe('Longest delay between two attempts.'),
  })
  .describe('Retries after a failed attempt.');

export const newJob = z.strictObject({
  payload: payload.default({}),
  idempotencyKey: storedText
    .max(200)
    .optional()
    .describe('Jobs with the same key in the same queue are one job, until a week after its end.'),
  priority: z.int().min(-1000).max(1000).default(0).describe('Jobs of a higher priority start first.'),
  runAt: z.iso
    .datetime({ offset: true })
    .refine(inYears1To9999, 'a time in the years 1 to 9999 of UTC')
    .optional()
    .describe('Default: now.'),
  retry: retryPolicy.prefault({}),
  timeoutSeconds: seconds(86_400).default(900).describe('Time limit of one attempt.'),
});
export type NewJob = z.output<typeof newJob>;

export const enqueued = z.object({
  id: jobId,
  duplicate: z.boolean().describe('Whether the job existed already, by its idempotency key.'),
});

const time = z.iso.datetime();

export const job = z.object({
  id: jobId,
  queue: z.string(),
  payload: z.record(z.string(), z.unknown()),
  state: z.enum(states).describe('dead: every attempt failed.'),
  priority: z.int(),
  attempts: z.int().describe('Number of attempts started.'),
  attemptsMax: z.int(),
  createdAt: time,
  runAt: time.describe('Earliest start of the next attempt.'),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  output: z.unknown().describe('Result of the last attempt, or the message of its failure.'),
  traceparent: z
    .string()
    .describe('Trace of the request that created the job (W3C Trace Context); empty if it had none.'),
});
export type Job = z.output<typeof job>;

export const listQuery = z.object({
  state: z.enum(states).optional(),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
  pageToken: pageToken.optional(),
});

export const jobList = z.object({ jobs: z.array(job), nextPageToken: z.string().nullable() });

export const queue = z.object({
  name: z.string(),
  queued: z.int(),
  active: z.int(),
  retry: z.int(),
  completed: z.int(),
  cancelled: z.int(),
  dead: z.int(),
});
export type Queue = z.output<typeof queue>;
export const queueList = z.object({ queues: z.array(queue) });

export const scheduleKey = z
  .string()
  .max(64)
  // '.' and '..' would be folders in the path.
  .regex(/^([A-Za-z0-9_-][A-Za-z0-9_.-]*)?$/, "letters, digits, '.', '-' and '_', with no '.' in front");

export const newSchedule = z.strictObject({
  cron: z
    .string()
    .max(100)
    .refine((line) => line.trim().split(/\s+/).length === 5, 'five fields, minutes first')
    .meta({ format: 'cron', description: 'Five fields, minutes first.', examples: ['0 3 * * 1-5'] }),
  timeZone: z
    .string()
    .refine((name) => isTimeZone(name), "an IANA name such as 'Europe/Berlin'")
    .meta({ pattern: `^(${zones.join('|').replaceAll('+', '\\+')})$` })
    .default('UTC'),
  payload: payload.default({}),
});

export const schedule = z.object({
  queue: z.string(),
  key: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  payload: z.record(z.string(), z.unknown()),
});
export type Schedule = z.output<typeof schedule>;
export const scheduled = schedule.extend({ nextRunAt: time });
export const scheduleList = z.object({ schedules: z.array(schedule) });

/** Range of times that both Postgres and ISO 8601 support. */
function inYears1To9999(time: string): boolean {
  const at = Date.parse(time);
  return at >= Date.parse('0001-01-01T00:00:00Z') && at <= Date.parse('9999-12-31T23:59:59.999Z');
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // the refinement reports the expected form
  }
}
