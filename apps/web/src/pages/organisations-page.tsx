import { Button } from 'react-aria-components/Button';
import { Link } from 'react-router';
import type { Organisation } from '../accounts-api.ts';
import { Entry } from '../components/entry.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import { Problem } from '../components/problem.tsx';
import { TextEntry } from '../components/text-entry.tsx';
import { useCreateOrganisation, useOrganisations } from '../controllers/organisations.ts';
import { useSession, useSwitchOrganisation } from '../controllers/session.ts';
import { organisationInput } from '../inputs.ts';

export function OrganisationsPage() {
  const organisations = useOrganisations();
  const create = useCreateOrganisation();
  return (
    <Page title="Organisations">
      <Loaded query={organisations}>
        {(list) =>
          list.length === 0 ? (
            <p>You are a member of no organisation. Create one, or open the link of an invitation.</p>
          ) : (
            <OrganisationList list={list} />
          )
        }
      </Loaded>
      <h2>New organisation</h2>
      <Entry
        label="New organisation"
        schema={organisationInput}
        send={create.mutateAsync}
        action="Create"
        done="The organisation was created. You are its owner."
      >
        <TextEntry name="name" label="Name" autoComplete="organization" />
      </Entry>
    </Page>
  );
}

function OrganisationList({ list }: { list: readonly Organisation[] }) {
  const session = useSession();
  const change = useSwitchOrganisation();
  return (
    <>
      <ul className="rows">
        {list.map(({ id, name }) => (
          <li key={id} className="row">
            <Link to={`/organisations/${id}`}>{name}</Link>
            {session.data?.organisation === id ? (
              <span className="hint">You act for it: {session.data.roles.join(', ')}</span>
            ) : (
              <Button
                aria-label={`Act for ${name}`}
                isPending={change.isPending && change.variables === id}
                onPress={() => change.mutate(id)}
              >
                Act for it
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Problem error={change.error} />
    </>
  );
}
