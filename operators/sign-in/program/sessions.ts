import { FreshAnswers } from './fresh-answers.ts';

/** A session of Kratos. */
export interface Session {
  id: string;
  /** Id of the person's identity. */
  person: string;
  /** Expiry in milliseconds since 1970. */
  expires: number;
  /** Time of the sign-in in milliseconds since 1970. */
  authenticated: number;
  /** Authenticator assurance level: `aal1`, or `aal2` with a second factor. */
  level: string;
  /** Id of the administrator who acts as the person. Default: the person does. */
  actor?: string;
}

/** Kratos' answer about a cookie: the session, none, or a missing second factor. */
export type Known = Session | 'none' | 'second-factor';

/** Requests the session from Kratos; `wasValid`: whether the last answer was a session. Throws Unavailable. */
export type AskSession = (cookie: string, wasValid: boolean) => Promise<Known>;

/** Sessions by their cookie. */
export class Sessions {
  #ask: AskSession;
  #now: () => number;
  #answers: FreshAnswers<Known>;

  constructor(ask: AskSession, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
    this.#answers = new FreshAnswers('sessions', now);
  }

  async of(cookie: string): Promise<Known> {
    return this.#valid(await this.#answers.of(cookie, (last) => this.#ask(cookie, typeof last === 'object')));
  }

  /** Drops a signed-out session, so that the next request asks Kratos. */
  forget(cookie: string): void {
    this.#answers.forget(cookie);
  }

  /** Checks the expiry, because a cached answer can be older. */
  #valid(known: Known): Known {
    return typeof known === 'object' && known.expires <= this.#now() ? 'none' : known;
  }
}
