import { at, textAt } from './kratos.ts';

/** A session at Kratos, as it is shown to people. */
export interface ListedSession {
  id: string;
  /** Times in ISO 8601. */
  signedInAt: string;
  expiresAt: string;
  /** The browser, as it calls itself. */
  agent: string;
  address: string;
}

/** A session of Kratos' APIs ('List My Active Sessions', 'List an Identity\'s Sessions'). */
export function listedSession(session: unknown): ListedSession {
  return {
    id: textAt(session, 'id'),
    signedInAt: timeAt(session, 'authenticated_at'),
    expiresAt: timeAt(session, 'expires_at'),
    agent: textAt(session, 'devices', 0, 'user_agent'),
    address: textAt(session, 'devices', 0, 'ip_address'),
  };
}

/** The active sessions of a list. */
export function listedSessions(list: unknown): ListedSession[] {
  return (Array.isArray(list) ? list : []).filter((each) => at(each, 'active') === true).map(listedSession);
}

function timeAt(value: unknown, key: string): string {
  const time = Date.parse(textAt(value, key));
  return new Date(Number.isNaN(time) ? 0 : time).toISOString();
}
