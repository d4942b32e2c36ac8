import { isIP } from 'node:net';
import { status } from '@grpc/grpc-js';
import type { Queries } from '../../kit/database.ts';
import { type People, personHeader } from '../../kit/person.ts';
import { Refusal } from '../../kit/refusal.ts';
import type { Call } from '../../kit/unary.ts';
import { fetchKeyBySecret, modifyKeyUsed } from './repository/keys.ts';
import { hashOf } from './secret.ts';

/** For whom a call is made. */
export type Principal =
  | {
      kind: 'person';
      id: string;
      session: string;
      app: string;
      /** Id of the administrator who acts as the person; undefined: nobody does. */
      actor: string | undefined;
    }
  | { kind: 'key'; id: string; organisation: string; scopes: readonly string[] }
  | { kind: 'app'; name: string };

/** From where, for the audit log. */
export interface Origin {
  address: string;
  app: string;
}

/**
 * A token of a person goes before an API key, which a browser could send beside it; without both the calling app itself asks.
 * @throws Refusal UNAUTHENTICATED for a token or a key that is not valid now.
 */
export async function principalOf(
  call: Call,
  people: Pick<People, 'verify'>,
  queries: Queries,
): Promise<Principal> {
  const token = call.header(personHeader);
  if (token !== undefined) {
    const { id, session, app, actor } = await people.verify(token, call.caller);
    return { kind: 'person', id, session, app, actor };
  }
  const authorization = call.header('authorization');
  if (authorization === undefined) return { kind: 'app', name: call.caller };
  const [, secret] = /^Bearer (\S{1,200})$/i.exec(authorization) ?? [];
  const key = secret === undefined ? undefined : await fetchKeyBySecret(queries, hashOf(secret));
  if (key === undefined)
    throw new Refusal(
      status.UNAUTHENTICATED,
      'the API key is not valid: it was revoked, has ended or never was',
    );
  await modifyKeyUsed(queries, key.id);
  return { kind: 'key', id: key.id, organisation: key.organisation, scopes: key.scopes };
}

/** As the audit log has it: `person:ID`, `key:ID` or `app:NAME`. An administrator who acts as somebody is named himself. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'person') return `person:${principal.actor ?? principal.id}`;
  return `${principal.kind}:${principal.kind === 'app' ? principal.name : principal.id}`;
}

/** As whom an administrator acts, as the audit log has it; '' for everybody else. */
export function onBehalfOf(principal: Principal): string {
  return principal.kind === 'person' && principal.actor !== undefined ? `person:${principal.id}` : '';
}

/**
 * The gateway puts the visitor's address into X-Forwarded-For and takes out what the visitor wrote there: an app that calls for
 * a visitor hands the header on as it is. Only apps that may call get here.
 */
export function originOf(call: Call, principal: Principal): Origin {
  const forwarded = call.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return {
    address: isIP(forwarded) === 0 ? call.address : forwarded,
    app: principal.kind === 'person' ? principal.app : call.caller,
  };
}
