import { Confirm } from '../components/confirm.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Moment } from '../components/moment.tsx';
import { Page } from '../components/page.tsx';
import {
  type UsedSession,
  useEndOtherSessions,
  useEndSession,
  useOwnSessions,
} from '../controllers/own-sessions.ts';

/** Where the person is signed in. */
export function SessionsPage() {
  const sessions = useOwnSessions();
  const endOthers = useEndOtherSessions();
  return (
    <Page title="Your sessions">
      <Loaded query={sessions}>
        {(all) => (
          <>
            <ul className="rows" aria-label="Sessions">
              {all.map((session) => (
                <SessionRow key={session.id} session={session} />
              ))}
            </ul>
            {all.length > 1 && (
              <Confirm
                label="End all others"
                question="End all other sessions?"
                text="Everybody who uses your account in another browser is signed out within two seconds."
                change={endOthers}
              />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function SessionRow({ session }: { session: UsedSession }) {
  const { id, agent, address, signedInAt, expiresAt, lastUsedAt, isThis } = session;
  const end = useEndSession(id);
  const device = agent === '' ? 'Unknown browser' : agent;
  return (
    <li>
      <strong>{device}</strong> {isThis && <span>This one</span>}
      <p className="hint">
        {address === '' ? 'Unknown address' : address}. Signed in <Moment at={signedInAt} />, ends{' '}
        <Moment at={expiresAt} />.{' '}
        {lastUsedAt !== undefined && (
          <>
            Last used <Moment at={lastUsedAt} />.
          </>
        )}
      </p>
      {isThis ? (
        <a href="/.sign-in/out">Sign out</a>
      ) : (
        <Confirm
          label="End"
          of={`${device}, ${address}`}
          question="End this session?"
          text={`${device} at ${address} is signed out within two seconds.`}
          change={end}
        />
      )}
    </li>
  );
}
