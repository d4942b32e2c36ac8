import { z } from 'zod';
import { pageToken } from '../../kit/page-token.ts';
import { storedText } from '../../kit/stored-text.ts';

const time = z.iso.datetime();

export const organisationId = z.uuid().describe('Id of the organisation.');
export const invitationId = z.uuid().describe('Id of the invitation.');
export const keyId = z.uuid().describe('Id of the API key.');
export const personId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'the id of a person')
  .describe('Id of the person, as the token has it.');

export const roleName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, "a name of at most 40 letters a-z, digits and '-', such as 'clerk'")
  .describe('Name of the role.');

/** `*` is none: the role owner alone has it. */
export const permission = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/, "a thing and a verb, such as 'orders.place'")
  .describe('Permission, such as `members.update` or, of another app, `orders.place`.');

export const permissions = z
  .array(permission)
  .max(100)
  .transform((list) => [...new Set(list)].sort());

export const roleNames = z
  .array(roleName)
  .min(1, 'at least one role')
  .max(20)
  .transform((list) => [...new Set(list)].sort());

/** A name that people read. It is kept as it is, and is text wherever it is shown. */
export const displayName = storedText.trim().min(1).max(200);

/** In small letters, as Kratos keeps addresses. */
export const emailAddress = z.email('an address of mail').max(254).toLowerCase();

/** The token of no page, as gRPC has it, is the first page. */
export const firstOrPageToken = z
  .literal('')
  .or(pageToken)
  .optional()
  .describe('`nextPageToken` of the page before. Default: the first page.');

/** Of a query it is a text, of gRPC a number. */
export const pageSize = (most: number) => z.coerce.number().int().min(1).max(most).default(50);

export const nextPageToken = z.string().describe('Empty on the last page.');

export const impersonation = z.object({
  id: z.uuid().describe('Id of the session in which the administrator acts as the person.'),
  administrator: z.string().describe('Id of the administrator.'),
  person: z.string().describe('Id of the person.'),
  email: z.string().describe("The person's address."),
  reason: z.string(),
  until: time,
});

/** Why an administrator acts as somebody else. */
export const reason = storedText
  .trim()
  .min(10)
  .max(500)
  .describe('Why, in a sentence of at least 10 characters: the audit log keeps it.');

export const session = z.object({
  person: z.string(),
  session: z.string(),
  state: z
    .enum(['valid', 'needs_revalidation'])
    .describe("`needs_revalidation`: the person's rights changed since this session last took them up."),
  organisation: z.string().describe('Organisation for which the person acts; empty: none.'),
  roles: z.array(z.string()),
  permissions: z.array(z.string()).describe('`*`: everything.'),
  impersonation: impersonation
    .nullable()
    .describe('The administrator who acts as a person in or by this session. Null: nobody does.'),
});
export type PersonSession = z.output<typeof session>;

export const sessionUse = z.object({
  session: z.string().describe('Id of the session.'),
  lastUsedAt: time.describe('To the minute.'),
});
export type SessionUse = z.output<typeof sessionUse>;

export const organisation = z.object({
  id: organisationId,
  name: z.string(),
  createdAt: time,
  auditDays: z.int().describe('Days for which audit entries are kept.'),
});
export type Organisation = z.output<typeof organisation>;

export const member = z.object({
  person: z.string(),
  email: z.string(),
  name: z.string().describe('Empty where the person gave none.'),
  roles: z.array(z.string()),
  joinedAt: time,
});
export type OrganisationMember = z.output<typeof member>;

export const invitation = z.object({
  id: invitationId,
  email: z.string(),
  roles: z.array(z.string()),
  invitedBy: z.string(),
  createdAt: time,
  expiresAt: time,
});
export type Invitation = z.output<typeof invitation>;

export const role = z.object({
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.string()),
  builtIn: z.boolean(),
});
export type Role = z.output<typeof role>;

export const apiKey = z.object({
  id: keyId,
  organisation: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  prefix: z.string().describe('First characters of the secret, to tell keys apart.'),
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time,
  lastUsedAt: time.nullable().describe('To the minute; null: never used.'),
});
export type ApiKey = z.output<typeof apiKey>;

const state = z.record(z.string(), z.unknown()).nullable();

export const auditEntry = z.object({
  id: z.uuid(),
  at: time,
  actor: z.string().describe('`person:ID`, `key:ID` or `app:NAME`.'),
  onBehalfOf: z
    .string()
    .describe('`person:ID` as whom the actor, an administrator, acted. Empty: as nobody else.'),
  action: z.string().describe('Such as `member.update`.'),
  subject: z.string().describe('Such as `member:ID`.'),
  address: z.string().describe('Address of the visitor as the gateway saw it, else of the calling pod.'),
  app: z.string().describe('The app at which the person is signed in, else the calling app.'),
  before: state.describe('Null: there was nothing before.'),
  after: state.describe('Null: there is nothing any more.'),
});
export type AuditEntry = z.output<typeof auditEntry>;

export const person = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string().describe('Empty where the person gave none.'),
  verified: z.array(z.string()).describe('Addresses that the person proved to have.'),
});

/** A session at Kratos. */
export const signedIn = z.object({
  id: z.string(),
  signedInAt: time,
  expiresAt: time,
  agent: z.string().describe('Of the browser, as it calls itself.'),
  address: z.string(),
});

export const queueName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/, "the name of a queue, such as 'orders.confirm'")
  .describe('Name of the queue.');
export const jobId = z.uuid().describe('Id of the job.');

const jobCount = z.int();
/** A queue of `jobs`, with the number of jobs in each state. */
export const queue = z.object({
  name: z.string(),
  queued: jobCount,
  active: jobCount,
  retry: jobCount,
  completed: jobCount,
  cancelled: jobCount,
  dead: jobCount.describe('Jobs whose every attempt failed.'),
});
export type Queue = z.output<typeof queue>;

export const jobState = z.enum(['queued', 'active', 'retry', 'completed', 'cancelled', 'dead']);

/** A job without what it works with, which belongs to its app. */
export const queueJob = z.object({
  id: jobId,
  state: jobState,
  attempts: z.int().describe('Number of attempts started.'),
  attemptsMax: z.int(),
  createdAt: time,
  finishedAt: time.nullable(),
  failure: z.string().describe('What the last attempt failed with; empty where none did.'),
});
export type QueueJob = z.output<typeof queueJob>;

/** Number of a page; '' is the first. */
export const pageNumber = z
  .string()
  .regex(/^([1-9]\d{0,5})?$/, '`nextPageToken` of the page before')
  .default('');
