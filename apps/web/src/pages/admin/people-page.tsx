import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { PersonWithAccount } from '../../accounts-api.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Entry } from '../../components/entry.tsx';
import { Loaded, Paged } from '../../components/loaded.tsx';
import { Moment } from '../../components/moment.tsx';
import { TextEntry } from '../../components/text-entry.tsx';
import { useBeginImpersonation } from '../../controllers/impersonation.ts';
import { usePeople, usePersonSessions, useSignPersonOut } from '../../controllers/platform.ts';
import { reasonInput } from '../../inputs.ts';

export function PeoplePage() {
  const people = usePeople();
  return (
    <>
      <h2>People</h2>
      <Paged pages={people} items={(page) => page.people} none="Nobody has an account.">
        {(all) => (
          <ul className="rows">
            {all.map((person) => (
              <PersonRow key={person.id} person={person} />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}

function PersonRow({ person: { id, email, name, verified } }: { person: PersonWithAccount }) {
  const [isOpen, setOpen] = useState(false);
  const sessions = usePersonSessions(id, isOpen);
  const signOut = useSignPersonOut(id);
  const [isActing, setActing] = useState(false);
  const begin = useBeginImpersonation(id);
  return (
    <li>
      <strong>{name === '' ? email : name}</strong> {name !== '' && <span className="id">{email}</span>}
      <p className="hint">
        <span className="id">{id}</span>
        {verified.includes(email) ? '' : ', address not verified'}
      </p>
      <div className="actions">
        <Button
          aria-label={`${isOpen ? 'Hide sessions' : 'Show sessions'}: ${email}`}
          aria-expanded={isOpen}
          onPress={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Hide sessions' : 'Show sessions'}
        </Button>
        <Confirm
          label="Sign out everywhere"
          of={email}
          question={`Sign ${email} out everywhere?`}
          text="All sessions of this person end within two seconds."
          change={signOut}
        />
        <Button
          aria-label={`Act as this person: ${email}`}
          aria-expanded={isActing}
          onPress={() => setActing(!isActing)}
        >
          Act as this person
        </Button>
      </div>
      {isActing && (
        <Entry
          label={`Act as ${email}`}
          schema={reasonInput}
          send={begin.mutateAsync}
          action={`Act as ${email}`}
          done="You act as this person now."
        >
          <TextEntry
            name="reason"
            label="Reason"
            hint="For 15 minutes, in all applications. The audit log names you and the reason."
            autoComplete="off"
          />
        </Entry>
      )}
      {isOpen && (
        <Loaded query={sessions}>
          {(all) =>
            all.length === 0 ? (
              <p>Signed in nowhere.</p>
            ) : (
              <ul>
                {all.map((session) => (
                  <li key={session.id}>
                    {session.agent === '' ? 'Unknown browser' : session.agent}
                    <span className="hint">
                      {' '}
                      {session.address}, <Moment at={session.signedInAt} /> to{' '}
                      <Moment at={session.expiresAt} />
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
    </li>
  );
}
