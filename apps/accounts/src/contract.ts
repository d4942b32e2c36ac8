import { z } from 'zod';
import type { Contract } from './access.ts';
import { queueContract } from './queue-contract.ts';
import * as schemas from './schemas.ts';

const nothing = z.strictObject({});
const none = z.object({});
const ofOrganisation = z.strictObject({ organisation: schemas.organisationId });
const at = '/v1/organisations/{organisation}';

const sessions = {
  getSession: {
    method: 'get',
    path: '/v1/session',
    summary: "The rights of the person's session.",
    access: 'person',
    input: nothing,
    answer: z.object({ session: schemas.session }),
  },
  revalidateSession: {
    method: 'post',
    path: '/v1/session/revalidate',
    summary: 'Takes up the rights that the person has now. Browsers call /.sign-in/revalidate instead.',
    access: 'person',
    input: nothing,
    answer: z.object({ session: schemas.session }),
  },
  switchOrganisation: {
    method: 'put',
    path: '/v1/session/organisation',
    summary:
      'Sets the organisation for which the person acts in this session, which must be revalidated after.',
    access: 'member',
    input: ofOrganisation,
    answer: z.object({ session: schemas.session }),
  },
} as const satisfies Record<string, Contract>;

const people = {
  listSessionUses: {
    method: 'get',
    path: '/v1/person/session-uses',
    summary:
      "When the person's sessions were used last. Those of a person without an organisation are not kept.",
    access: 'person',
    input: nothing,
    answer: z.object({ uses: z.array(schemas.sessionUse) }),
  },
  exportPerson: {
    method: 'get',
    path: '/v1/person/export',
    summary: 'Everything that is kept about the person.',
    access: 'person',
    privileged: true,
    input: nothing,
    answer: z.object({ document: z.record(z.string(), z.unknown()) }),
  },
  deletePerson: {
    method: 'post',
    path: '/v1/person/delete',
    summary:
      "Deletes the person: account, sessions and memberships. Audit entries keep the person's id alone.",
    access: 'person',
    privileged: true,
    input: z.strictObject({ email: schemas.emailAddress.describe("The person's address, typed again.") }),
    answer: none,
  },
} as const satisfies Record<string, Contract>;

const organisations = {
  createOrganisation: {
    method: 'post',
    path: '/v1/organisations',
    summary: 'Creates an organisation, whose owner the person becomes.',
    access: 'person',
    input: z.strictObject({ name: schemas.displayName }),
    answer: z.object({ organisation: schemas.organisation }),
  },
  listOrganisations: {
    method: 'get',
    path: '/v1/organisations',
    summary: 'Organisations of which the person is a member, by name.',
    access: 'person',
    input: nothing,
    answer: z.object({ organisations: z.array(schemas.organisation) }),
  },
  getOrganisation: {
    method: 'get',
    path: at,
    summary: 'One organisation.',
    access: 'member',
    input: ofOrganisation,
    answer: z.object({ organisation: schemas.organisation }),
  },
  updateOrganisation: {
    method: 'patch',
    path: at,
    summary: 'Changes name and retention of the audit log.',
    access: { permission: 'organisation.update' },
    input: ofOrganisation.extend({
      name: schemas.displayName.optional().describe('Default: as it is.'),
      auditDays: z
        .int()
        .min(30)
        .max(3650)
        .optional()
        .describe('Days for which new audit entries are kept. Default: as it is.'),
    }),
    answer: z.object({ organisation: schemas.organisation }),
  },
  deleteOrganisation: {
    method: 'delete',
    path: at,
    summary:
      'Deletes the organisation with members, roles, invitations and keys. Its audit log stays until its retention ends.',
    access: { permission: 'organisation.delete' },
    privileged: true,
    input: ofOrganisation,
    answer: none,
  },
} as const satisfies Record<string, Contract>;

const ofMember = ofOrganisation.extend({ person: schemas.personId });
const members = {
  listMembers: {
    method: 'get',
    path: `${at}/members`,
    summary: 'Members, newest first.',
    access: { permission: 'members.read' },
    input: ofOrganisation.extend({ pageSize: schemas.pageSize(200), pageToken: schemas.firstOrPageToken }),
    answer: z.object({ members: z.array(schemas.member), nextPageToken: schemas.nextPageToken }),
  },
  updateMember: {
    method: 'put',
    path: `${at}/members/{person}`,
    summary: 'Replaces the roles of a member.',
    access: { permission: 'members.update' },
    privileged: true,
    input: ofMember.extend({ roles: schemas.roleNames }),
    answer: z.object({ member: schemas.member }),
  },
  removeMember: {
    method: 'delete',
    path: `${at}/members/{person}`,
    summary: 'Removes a member, with the permission members.remove or oneself.',
    access: 'member',
    privileged: true,
    input: ofMember,
    answer: none,
  },
} as const satisfies Record<string, Contract>;

const invitations = {
  createInvitation: {
    method: 'post',
    path: `${at}/invitations`,
    summary:
      'Sends a link by mail, which is good once, for seven days, for a person whose verified address it is.',
    access: { permission: 'invitations.create' },
    privileged: true,
    input: ofOrganisation.extend({ email: schemas.emailAddress, roles: schemas.roleNames }),
    answer: z.object({ invitation: schemas.invitation }),
  },
  listInvitations: {
    method: 'get',
    path: `${at}/invitations`,
    summary: 'Invitations that are open.',
    access: { permission: 'invitations.read' },
    input: ofOrganisation,
    answer: z.object({ invitations: z.array(schemas.invitation) }),
  },
  revokeInvitation: {
    method: 'delete',
    path: `${at}/invitations/{invitation}`,
    summary: 'Makes the link of an invitation void.',
    access: { permission: 'invitations.revoke' },
    input: ofOrganisation.extend({ invitation: schemas.invitationId }),
    answer: none,
  },
  acceptInvitation: {
    method: 'post',
    path: '/v1/invitations/accept',
    summary: 'Makes the person a member, by the token in the link of an invitation.',
    access: 'person',
    privileged: true,
    input: z.strictObject({ token: z.string().min(1).max(200) }),
    answer: z.object({ organisation: schemas.organisation }),
  },
} as const satisfies Record<string, Contract>;

const ofRole = ofOrganisation.extend({ role: schemas.roleName });
const roles = {
  listRoles: {
    method: 'get',
    path: `${at}/roles`,
    summary: 'Roles with their permissions.',
    access: 'member',
    input: ofOrganisation,
    answer: z.object({ roles: z.array(schemas.role) }),
  },
  putRole: {
    method: 'put',
    path: `${at}/roles/{role}`,
    summary: 'Creates or replaces a role. Nobody can give a permission that he does not have.',
    access: { permission: 'roles.update' },
    privileged: true,
    input: ofRole.extend({
      description: schemas.displayName.or(z.literal('')).default(''),
      permissions: schemas.permissions,
    }),
    answer: z.object({ role: schemas.role }),
  },
  deleteRole: {
    method: 'delete',
    path: `${at}/roles/{role}`,
    summary: 'Deletes a role that no member has.',
    access: { permission: 'roles.update' },
    privileged: true,
    input: ofRole,
    answer: none,
  },
  checkPermission: {
    method: 'post',
    path: `${at}/check`,
    summary: 'Whether the person or the key has a permission in the organisation.',
    access: 'member',
    input: ofOrganisation.extend({ permission: schemas.permission }),
    answer: z.object({ allowed: z.boolean() }),
  },
} as const satisfies Record<string, Contract>;

const keys = {
  createApiKey: {
    method: 'post',
    path: `${at}/keys`,
    summary: 'Creates an API key. The secret is in this answer and nowhere else.',
    access: { permission: 'keys.create' },
    privileged: true,
    input: ofOrganisation.extend({
      name: schemas.displayName,
      scopes: schemas.permissions,
      expiresAt: z.iso
        .datetime({ offset: true })
        .optional()
        .describe('At most a year from now. Default: 90 days.'),
    }),
    answer: z.object({ key: schemas.apiKey, secret: z.string() }),
  },
  listApiKeys: {
    method: 'get',
    path: `${at}/keys`,
    summary: 'API keys that are not revoked, newest first.',
    access: { permission: 'keys.read' },
    input: ofOrganisation,
    answer: z.object({ keys: z.array(schemas.apiKey) }),
  },
  revokeApiKey: {
    method: 'delete',
    path: `${at}/keys/{key}`,
    summary: 'Makes a key void.',
    access: { permission: 'keys.revoke' },
    input: ofOrganisation.extend({ key: schemas.keyId }),
    answer: none,
  },
  verifyApiKey: {
    method: 'post',
    path: '/v1/keys/verify',
    summary: 'Whose key a secret is. For services that take API keys.',
    access: 'caller',
    input: z.strictObject({ secret: z.string().min(1).max(200) }),
    answer: z.object({ key: schemas.apiKey }),
  },
} as const satisfies Record<string, Contract>;

const audit = {
  listAuditEntries: {
    method: 'get',
    path: `${at}/audit`,
    summary: 'Audit entries, newest first, or oldest first for an export.',
    access: { permission: 'audit.read' },
    input: ofOrganisation.extend({
      pageSize: schemas.pageSize(1000),
      pageToken: schemas.firstOrPageToken,
      oldestFirst: z.boolean().or(z.stringbool()).default(false),
    }),
    answer: z.object({ entries: z.array(schemas.auditEntry), nextPageToken: schemas.nextPageToken }),
  },
} as const satisfies Record<string, Contract>;

const onPlatform = z.strictObject({ pageSize: schemas.pageSize(200), pageToken: schemas.firstOrPageToken });
const ofPerson = z.strictObject({ person: schemas.personId });
const impersonations = {
  beginImpersonation: {
    method: 'post',
    path: '/v1/platform/people/{person}/impersonation',
    summary:
      'Acts as a person in this session, which must be revalidated after, for 15 minutes. Other administrators are refused.',
    access: 'administrator',
    input: ofPerson.extend({ reason: schemas.reason }),
    answer: z.object({ impersonation: schemas.impersonation }),
  },
  endImpersonation: {
    method: 'delete',
    path: '/v1/session/impersonation',
    summary: 'Ends acting as somebody else in this session, which must be revalidated after.',
    access: 'person',
    input: nothing,
    answer: none,
  },
} as const satisfies Record<string, Contract>;

const platform = {
  getPlatform: {
    method: 'get',
    path: '/v1/platform',
    summary:
      'Whether the person is an administrator of the platform, by a verified address that ADMINISTRATORS lists.',
    access: 'person',
    input: nothing,
    answer: z.object({ administrator: z.boolean() }),
  },
  listPeople: {
    method: 'get',
    path: '/v1/platform/people',
    summary: 'Everybody who has an account.',
    access: 'administrator',
    input: z.strictObject({ pageToken: schemas.pageNumber }),
    answer: z.object({ people: z.array(schemas.person), nextPageToken: schemas.nextPageToken }),
  },
  listPersonSessions: {
    method: 'get',
    path: '/v1/platform/people/{person}/sessions',
    summary: 'Where a person is signed in.',
    access: 'administrator',
    input: ofPerson,
    answer: z.object({ sessions: z.array(schemas.signedIn) }),
  },
  revokePersonSessions: {
    method: 'delete',
    path: '/v1/platform/people/{person}/sessions',
    summary: 'Signs a person out everywhere.',
    access: 'administrator',
    input: ofPerson,
    answer: none,
  },
  listPlatformOrganisations: {
    method: 'get',
    path: '/v1/platform/organisations',
    summary: 'Every organisation, newest first.',
    access: 'administrator',
    input: onPlatform,
    answer: z.object({ organisations: z.array(schemas.organisation), nextPageToken: schemas.nextPageToken }),
  },
  listPlatformMembers: {
    method: 'get',
    path: '/v1/platform/organisations/{organisation}/members',
    summary: 'Members of an organisation with their roles, newest first.',
    access: 'administrator',
    input: onPlatform.extend({ organisation: schemas.organisationId }),
    answer: z.object({ members: z.array(schemas.member), nextPageToken: schemas.nextPageToken }),
  },
  listPlatformRoles: {
    method: 'get',
    path: '/v1/platform/organisations/{organisation}/roles',
    summary: 'Roles of an organisation with their permissions.',
    access: 'administrator',
    input: ofOrganisation,
    answer: z.object({ roles: z.array(schemas.role) }),
  },
  listPlatformAuditEntries: {
    method: 'get',
    path: '/v1/platform/audit',
    summary: 'Audit entries of every organisation and of none, newest first.',
    access: 'administrator',
    input: onPlatform.extend({ pageSize: schemas.pageSize(1000) }),
    answer: z.object({ entries: z.array(schemas.auditEntry), nextPageToken: schemas.nextPageToken }),
  },
} as const satisfies Record<string, Contract>;

/** Every operation, by the name that gRPC, OpenAPI and the clients have for it. */
export const contract = {
  ...sessions,
  ...people,
  ...organisations,
  ...members,
  ...invitations,
  ...roles,
  ...keys,
  ...audit,
  ...platform,
  ...impersonations,
  ...queueContract,
} as const satisfies Record<string, Contract>;

export type OperationId = keyof typeof contract;
/** What an operation takes, after the defaults. */
export type OperationInput<Id extends OperationId> = z.output<(typeof contract)[Id]['input']>;
export type OperationAnswer<Id extends OperationId> = z.output<(typeof contract)[Id]['answer']>;

/** Schemas of what stands in paths, by its name there. */
export const pathParameters = {
  organisation: schemas.organisationId,
  person: schemas.personId,
  invitation: schemas.invitationId,
  role: schemas.roleName,
  key: schemas.keyId,
  queue: schemas.queueName,
  job: schemas.jobId,
} as const;
