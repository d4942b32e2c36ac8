import { Button } from 'react-aria-components/Button';
import { Link } from 'react-router';
import { accountsPage } from '../accounts-pages.ts';
import { Entry } from '../components/entry.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Page } from '../components/page.tsx';
import { TextEntry } from '../components/text-entry.tsx';
import { useDeletePerson, usePersonData } from '../controllers/person.ts';
import { deletionInput } from '../inputs.ts';
import { saveFile } from '../save-file.ts';

export function AccountPage() {
  const person = usePersonData();
  return (
    <Page title="Your account">
      <Loaded query={person}>
        {({ account: { email, name, verified }, document }) => (
          <>
            <dl>
              <dt>Name</dt>
              <dd>{name === '' ? 'You gave none' : name}</dd>
              <dt>Address</dt>
              <dd>
                {email}
                {verified.includes(email) ? '' : ' (not verified)'}
              </dd>
            </dl>
            <SignInLinks />
            <h2>Your data</h2>
            <p>
              One file with everything that is kept about you: account, organisations, invitations, keys and
              changes.
            </p>
            <Button
              onPress={() =>
                saveFile('my-data.json', 'application/json', [JSON.stringify(document, null, 2)])
              }
            >
              Download
            </Button>
          </>
        )}
      </Loaded>
      <Deletion />
    </Page>
  );
}

/** Passwords and passkeys belong to the sign-in, which has pages for them. */
function SignInLinks() {
  return (
    <>
      <h2>Sign-in</h2>
      <ul>
        <li>
          <a href={accountsPage('/settings')}>Name, address, password, passkeys and second factor</a>
        </li>
        <li>
          <Link to="/account/sessions">Where you are signed in, and ending these sessions</Link>
        </li>
        <li>
          <a href="/.sign-in/out">Sign out, here or everywhere</a>
        </li>
      </ul>
    </>
  );
}

function Deletion() {
  const destroy = useDeletePerson();
  return (
    <>
      <h2>Delete the account</h2>
      <p>
        Account, sessions and memberships are deleted at once and cannot be brought back. Entries of audit
        logs keep your id alone. The last owner of an organisation must hand it on first.
      </p>
      <Entry
        label="Delete the account"
        schema={deletionInput}
        send={destroy.mutateAsync}
        action="Delete my account"
        done="Your account was deleted."
      >
        <TextEntry name="email" type="email" label="Your address, to confirm" autoComplete="off" />
      </Entry>
    </>
  );
}
