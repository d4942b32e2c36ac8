import { FreshAnswers } from './fresh-answers.ts';

/** A session as Kratos knows it. */
export interface Session {
  id: string;
  /** Id of the person's identity. */
  person: string;
  /** When it ends, in milliseconds since 1970. */
  expires: number;
  /** When the person signed in, in milliseconds since 1970. */
  authenticated: number;
  /** Authenticator assurance level: `aal1`, or `aal2` with a second factor. */
  level: string;
}

/** What Kratos says of a session: the session, none, or that its person has a second factor and has not shown it. */
export type Known = Session | 'none' | 'second-factor';

/** Asks Kratos; throws Unavailable. */
export type AskSession = (cookie: string) => Promise<Known>;

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
    return this.#valid(await this.#answers.of(cookie, () => this.#ask(cookie)));
  }

  /** Of what was signed out here: the next request asks again. */
  forget(cookie: string): void {
    this.#answers.forget(cookie);
  }

  /** A session ends at its second, also within the one in which an answer is fresh. */
  #valid(known: Known): Known {
    return typeof known === 'object' && known.expires <= this.#now() ? 'none' : known;
  }
}
