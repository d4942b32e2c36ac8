import { Button } from 'react-aria-components/Button';
import { useEndImpersonation } from '../controllers/impersonation.ts';
import { useSession } from '../controllers/session.ts';
import { Moment } from './moment.tsx';
import { Problem } from './problem.tsx';

/** Says on every page as whom an administrator acts, with the way back; nothing for everybody else. */
export function ImpersonationBanner() {
  const impersonation = useSession().data?.impersonation;
  const end = useEndImpersonation();
  if (impersonation === undefined || impersonation === null) return null;
  const { email, until, reason } = impersonation;
  return (
    <section aria-label="You act as somebody else" className="banner">
      <p>
        You act as <strong>{email}</strong> until <Moment at={until} />: {reason}
      </p>
      <p className="hint">Everything that you do is written down with your name.</p>
      <Problem error={end.error} />
      <Button className="main" isPending={end.isPending} onPress={() => end.mutate()}>
        Stop
      </Button>
    </section>
  );
}
