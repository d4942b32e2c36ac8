import type { Role } from '../../accounts-api.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Entry } from '../../components/entry.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Offered } from '../../components/offered.tsx';
import { RoleText } from '../../components/role-text.tsx';
import { TextEntry } from '../../components/text-entry.tsx';
import { useDeleteRole, usePutRole, useRoles } from '../../controllers/members.ts';
import { useMay } from '../../controllers/session.ts';
import { roleInput } from '../../inputs.ts';

export function RolesPage({ organisation }: { organisation: string }) {
  const roles = useRoles(organisation);
  const put = usePutRole(organisation);
  const may = useMay(organisation);
  return (
    <>
      <h2>Roles</h2>
      <Loaded query={roles}>
        {(all) => (
          <ul className="rows">
            {all.map((role) => (
              <RoleRow key={role.name} {...{ organisation, role }} />
            ))}
          </ul>
        )}
      </Loaded>
      <Offered isOffered={may('roles.update')}>
        <h2>Add or replace a role</h2>
        <Entry
          label="Add or replace a role"
          schema={roleInput}
          send={put.mutateAsync}
          action="Save the role"
          done="The role was saved."
        >
          <TextEntry
            name="role"
            label="Name"
            hint="A name that exists replaces that role."
            autoComplete="off"
          />
          <TextEntry name="description" label="Description (optional)" autoComplete="off" />
          <TextEntry
            name="permissions"
            label="Permissions"
            hint="With spaces or lines between them, such as members.read orders.place. You can give only what you may do yourself."
            isLong
          />
        </Entry>
      </Offered>
    </>
  );
}

function RoleRow({ organisation, role }: { organisation: string; role: Role }) {
  const { name, builtIn } = role;
  const destroy = useDeleteRole(organisation, name);
  const may = useMay(organisation);
  return (
    <li>
      <RoleText role={role} />
      {!builtIn && may('roles.update') && (
        <Confirm
          label="Delete"
          of={name}
          question={`Delete the role ${name}?`}
          text="A role that a member has cannot be deleted."
          change={destroy}
        />
      )}
    </li>
  );
}
