import type { Impersonation, Rights, SessionRights } from './rights.ts';
import type { Session } from './sessions.ts';

/** Who a visitor is to apps, and with which rights: the person of the session, or the one as whom an administrator acts in it. */
export interface Acting {
  session: Session;
  rights: Rights;
}

/** Throws Unavailable if the rights cannot be asked for. */
export function actingIn(rights: Pick<SessionRights, 'of'>, session: Session): Promise<Acting> {
  return acting(session, (each) => rights.of(each));
}

/** The same after both sessions have taken up changed rights. */
export function revalidatedIn(rights: Pick<SessionRights, 'revalidate'>, session: Session): Promise<Acting> {
  return acting(session, (each) => rights.revalidate(each));
}

async function acting(session: Session, ask: (session: Session) => Promise<Rights>): Promise<Acting> {
  const own = await ask(session);
  const { impersonation } = own;
  // Whoever has to revalidate does so before anybody else is acted for.
  if (own.isStale || impersonation === undefined) return { session, rights: own };
  const as = sessionAs(session, impersonation);
  return { session: as, rights: await ask(as) };
}

/** A session of the person that names the administrator. It ends with its time, and with the administrator's own session. */
function sessionAs(own: Session, { id, person, until }: Impersonation): Session {
  const { person: actor, authenticated, level, expires } = own;
  return { ...{ id, person, actor, authenticated, level }, expires: Math.min(expires, until) };
}
