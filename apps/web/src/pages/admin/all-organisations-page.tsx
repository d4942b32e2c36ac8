import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { Organisation } from '../../accounts-api.ts';
import { Loaded, Paged } from '../../components/loaded.tsx';
import { Moment } from '../../components/moment.tsx';
import { RoleText } from '../../components/role-text.tsx';
import {
  usePlatformMembers,
  usePlatformOrganisations,
  usePlatformRoles,
} from '../../controllers/platform.ts';

export function AllOrganisationsPage() {
  const organisations = usePlatformOrganisations();
  return (
    <>
      <h2>Organisations</h2>
      <Paged pages={organisations} items={(page) => page.organisations} none="There is no organisation.">
        {(all) => (
          <ul className="rows">
            {all.map((organisation) => (
              <OrganisationRow key={organisation.id} organisation={organisation} />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function OrganisationRow({ organisation: { id, name, createdAt } }: { organisation: Organisation }) {
  const [isOpen, setOpen] = useState(false);
  const label = isOpen ? 'Hide members and roles' : 'Show members and roles';
  return (
    <li>
      <strong>{name}</strong> <span className="id">{id}</span>
      <p className="hint">
        Created <Moment at={createdAt} />
      </p>
      <Button aria-label={`${label}: ${name}`} aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
        {label}
      </Button>
      {isOpen && <Inside organisation={id} />}
    </li>
  );
}

/** Who is in an organisation, and what its roles permit. */
function Inside({ organisation }: { organisation: string }) {
  const members = usePlatformMembers(organisation);
  const roles = usePlatformRoles(organisation);
  return (
    <>
      <h3>Members</h3>
      <Paged pages={members} items={(page) => page.members} none="Nobody is a member.">
        {(all) => (
          <ul>
            {all.map(({ person, email, name, roles: held }) => (
              <li key={person}>
                {name === '' ? email : `${name}, ${email}`} <span className="hint">{held.join(', ')}</span>
              </li>
            ))}
          </ul>
        )}
      </Paged>
      <h3>Roles</h3>
      <Loaded query={roles}>
        {(all) => (
          <ul>
            {all.map((role) => (
              <li key={role.name}>
                <RoleText role={role} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </>
  );
}
