import { type RestRoute, restClient } from '../../kit/rest-client.ts';
import { revalidate } from './revalidation.ts';

/** A session of the person, as the proxy of the sign-in answers it. */
export interface OwnSession {
  id: string;
  signedInAt: string;
  expiresAt: string;
  /** Of the browser, as it calls itself; may be empty. */
  agent: string;
  address: string;
  /** Whether it is the session of this browser. */
  isThis: boolean;
}

interface SignInApi {
  listSessions: { request: object; answer: { sessions: OwnSession[] } };
  endSession: { request: { id: string }; answer: object };
  endOtherSessions: { request: object; answer: object };
}

const routes = {
  listSessions: { method: 'GET', path: '/.sign-in/sessions' },
  endSession: { method: 'DELETE', path: '/.sign-in/sessions/{id}' },
  endOtherSessions: { method: 'DELETE', path: '/.sign-in/sessions' },
} as const satisfies Record<keyof SignInApi, RestRoute>;

/** The sessions of the person, at the proxy of the sign-in in front of this app. */
export const signIn = restClient<SignInApi>({ routes, revalidate });
