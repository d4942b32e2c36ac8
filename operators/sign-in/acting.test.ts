import { describe, expect, it } from 'vitest';
import { actingIn, revalidatedIn } from './program/acting.ts';
import { noRights, type Rights } from './program/rights.ts';
import type { Session } from './program/sessions.ts';
import { SigningKeys } from './program/signing-keys.ts';

const now = 1_000_000;
const own: Session = {
  id: 's1',
  person: 'root',
  expires: now + 60_000,
  authenticated: now - 1_000,
  level: 'aal2',
};
const ofBo: Rights = { isStale: false, organisation: 'club', roles: ['owner'] };

/** Rights of the administrator's own session with an impersonation, and of the session of Bo. */
function rights(until: number, more: Partial<Rights> = {}) {
  const impersonation = { id: 'i1', administrator: 'root', person: 'bo', until };
  const all: Record<string, Rights> = { s1: { ...noRights, impersonation, ...more }, i1: ofBo };
  const asked: string[] = [];
  const of = async ({ id }: Session): Promise<Rights> => {
    asked.push(id);
    return all[id] ?? noRights;
  };
  return { of, revalidate: of, asked };
}

describe('a visitor', () => {
  it('is the person of the session, with its rights, where no administrator acts as somebody', async () => {
    const acting = await actingIn({ of: async () => ofBo }, own);
    expect(acting).toEqual({ session: own, rights: ofBo });
  });

  it('is the person as whom the administrator acts, with the rights of that person and the name of both', async () => {
    const given = rights(now + 30_000);
    const acting = await actingIn(given, own);
    expect(acting).toEqual({
      session: { ...own, id: 'i1', person: 'bo', actor: 'root', expires: now + 30_000 },
      rights: ofBo,
    });
    expect(given.asked).toEqual(['s1', 'i1']);
  });

  it('is nobody else while the own session must be revalidated', async () => {
    const given = rights(now + 30_000, { isStale: true });
    expect((await actingIn(given, own)).session.person).toBe('root');
    expect(given.asked).toEqual(['s1']);
  });

  it('takes up the rights of both sessions at a revalidation', async () => {
    const given = rights(now + 30_000);
    expect((await revalidatedIn(given, own)).session.person).toBe('bo');
    expect(given.asked).toEqual(['s1', 'i1']);
  });

  it('acts no longer than the own session lasts', async () => {
    expect((await actingIn(rights(now + 900_000), own)).session.expires).toBe(own.expires);
  });
});

it('a token names the administrator as the actor, and has no actor otherwise', async () => {
  const keys = new SigningKeys('https://accounts.test', () => now);
  const claims = (session: Session): Record<string, unknown> =>
    JSON.parse(Buffer.from(keys.token('shop', session).split('.')[1] ?? '', 'base64url').toString());
  const { session } = await actingIn(rights(now + 30_000), own);
  expect(claims(session)).toMatchObject({
    sub: 'bo',
    sid: 'i1',
    act: { sub: 'root' },
    exp: (now + 30_000) / 1_000,
  });
  expect(claims(own)).not.toHaveProperty('act');
});
