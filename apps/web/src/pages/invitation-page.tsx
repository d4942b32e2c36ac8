import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Link, useLocation } from 'react-router';
import { Entry } from '../components/entry.tsx';
import { Page } from '../components/page.tsx';
import { Problem } from '../components/problem.tsx';
import { TextEntry } from '../components/text-entry.tsx';
import { useAcceptInvitation } from '../controllers/members.ts';
import { invitationLink } from '../inputs.ts';

/** Takes an invitation. Its token stands after `#`, where no server sees it; the way over a sign-in loses it. */
export function InvitationPage() {
  const { hash } = useLocation();
  const [pasted, setPasted] = useState('');
  const token = pasted === '' ? hash.slice(1) : pasted;
  return (
    <Page title="Invitation">
      {token === '' ? (
        <>
          <p>
            This address has no invitation in it. If you have just signed in, open the link in the mail once
            more, or paste it here.
          </p>
          <Entry
            label="Invitation"
            schema={invitationLink}
            send={async ({ link }) => setPasted(link)}
            action="Continue"
            done=""
          >
            <TextEntry name="link" label="Link in the mail" autoComplete="off" />
          </Entry>
        </>
      ) : (
        <Acceptance key={token} token={token} />
      )}
    </Page>
  );
}

function Acceptance({ token }: { token: string }) {
  const accept = useAcceptInvitation();
  if (accept.data !== undefined) {
    const { id, name } = accept.data.organisation;
    return (
      <p role="status">
        You are a member of <Link to={`/organisations/${id}`}>{name}</Link>.
      </p>
    );
  }
  return (
    <>
      <p>You were invited to an organisation. Its members will see your name and your address.</p>
      <Problem error={accept.error} />
      <Button className="main" isPending={accept.isPending} onPress={() => accept.mutate(token)}>
        Accept the invitation
      </Button>
    </>
  );
}
