import { status } from '@grpc/grpc-js';
import type { Queries } from '../../../kit/database.ts';
import { Refusal } from '../../../kit/refusal.ts';
import { type Handlers, noteChange } from '../context.ts';
import { permits } from '../permissions.ts';
import { destroyRole, fetchCountOfRole, fetchRoles, insertRole } from '../repository/roles.ts';
import type { Role } from '../schemas.ts';
import { changed, refuseBeyond } from './caller.ts';
import { heldNow } from './members.ts';

export const roleHandlers: Handlers<'listRoles' | 'putRole' | 'deleteRole' | 'checkPermission'> = {
  listRoles: async ({ database }, { organisation }) => ({ roles: await fetchRoles(database, organisation) }),

  putRole: (context, { organisation: id, role: name, description, permissions }) =>
    context.database.transaction('put role', async (queries) => {
      const organisation = await changed(queries, id);
      const before = await ownRole(queries, id, name);
      const held = await heldNow(context, queries, id);
      refuseBeyond(held, [...permissions, ...(before?.permissions ?? [])]);
      const role = { name, description, permissions, builtIn: false };
      await insertRole(queries, id, role);
      await noteChange(context, queries, organisation, {
        ...{ action: 'role.put', subject: `role:${name}`, before: before ?? null, after: role },
      });
      return { role };
    }),

  deleteRole: (context, { organisation: id, role: name }) =>
    context.database.transaction('delete role', async (queries) => {
      const organisation = await changed(queries, id);
      const before = await ownRole(queries, id, name);
      if (before === undefined) throw new Refusal(status.NOT_FOUND, `no role ${name}`);
      refuseBeyond(await heldNow(context, queries, id), before.permissions);
      const count = await fetchCountOfRole(queries, id, name);
      if (count > 0)
        throw new Refusal(
          status.FAILED_PRECONDITION,
          `${count} members have the role ${name}: give them another one first`,
          'role_in_use',
        );
      await destroyRole(queries, id, name);
      await noteChange(context, queries, organisation, {
        ...{ action: 'role.delete', subject: `role:${name}`, before, after: null },
      });
      return {};
    }),

  checkPermission: async ({ held }, { permission }) => ({ allowed: permits(held, permission) }),
};

/** The role of that name; undefined where there is none. Refuses a built-in one. */
async function ownRole(queries: Queries, organisation: string, name: string): Promise<Role | undefined> {
  const [role] = await fetchRoles(queries, organisation, [name]);
  if (role?.builtIn === true)
    throw new Refusal(
      status.FAILED_PRECONDITION,
      `the role ${name} is built in: write one of another name`,
      'built_in_role',
    );
  return role;
}
