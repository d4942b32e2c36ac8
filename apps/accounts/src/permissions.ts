import type { Role } from './schemas.ts';

/** Permissions of this service's own operations. Those of other apps are any other texts of the same form. */
const own = [
  'audit.read',
  'invitations.create',
  'invitations.read',
  'invitations.revoke',
  'keys.create',
  'keys.read',
  'keys.revoke',
  'members.read',
  'members.remove',
  'members.update',
  'organisation.delete',
  'organisation.update',
  'roles.update',
] as const;

/** What the owner has: every permission of every app. */
const everything = '*';

/** The role that somebody of each organisation has. */
export const owner = 'owner';

/** Roles of every new organisation. They cannot be changed or deleted. */
export const builtInRoles: readonly Role[] = [
  {
    name: owner,
    description: 'May do everything, also what apps define.',
    permissions: [everything],
    builtIn: true,
  },
  {
    name: 'administrator',
    description: 'Manages members, invitations, roles and keys.',
    permissions: own.filter((each) => each !== 'organisation.delete'),
    builtIn: true,
  },
  { name: 'member', description: 'Sees the members.', permissions: ['members.read'], builtIn: true },
];

/** Whether these permissions contain one. */
export function permits(held: readonly string[], wanted: string): boolean {
  return held.includes(everything) || held.includes(wanted);
}

/** Permissions that somebody would give without having them. Only who has everything can give everything. */
export function beyond(held: readonly string[], given: readonly string[]): string[] {
  return given.filter((each) => !permits(held, each));
}
