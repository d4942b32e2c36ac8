import { useQuery } from '@tanstack/react-query';
import { accounts } from '../accounts-api.ts';
import { type OwnSession, signIn } from '../sign-in-api.ts';
import { useChange } from './change.ts';

const all = ['own-sessions'];

export interface UsedSession extends OwnSession {
  /** To the minute; undefined where no use was kept. */
  lastUsedAt: string | undefined;
}

/** The person's sessions: this browser's first, then those that were used last. */
export function useOwnSessions() {
  return useQuery({
    queryKey: all,
    queryFn: async ({ signal }): Promise<UsedSession[]> => {
      const [{ sessions }, { uses }] = await Promise.all([
        signIn.listSessions({}, signal),
        accounts.listSessionUses({}, signal),
      ]);
      const lastUse = new Map(uses.map(({ session, lastUsedAt }) => [session, lastUsedAt]));
      return sessions
        .map((session) => ({ ...session, lastUsedAt: lastUse.get(session.id) }))
        .sort((a, b) => Number(b.isThis) - Number(a.isThis) || latest(b).localeCompare(latest(a)));
    },
  });
}

function latest({ lastUsedAt, signedInAt }: UsedSession): string {
  return lastUsedAt ?? signedInAt;
}

export function useEndSession(id: string) {
  return useChange(() => signIn.endSession({ id }), all);
}

export function useEndOtherSessions() {
  return useChange(() => signIn.endOtherSessions({}), all);
}
