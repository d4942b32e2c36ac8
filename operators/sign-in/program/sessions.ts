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

/** Kratos does not answer, or there is too much to ask: nobody is let in, and nobody is told that he is signed out. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Asks Kratos; throws Unavailable. */
export type AskSession = (cookie: string) => Promise<Known>;

interface Answer {
  known: Known;
  /** When Kratos was asked: what it said may be as old as that. */
  asked: number;
}

/** So old may an answer be. With the time of a call it bounds how long a revoked session is taken: two seconds. */
const freshMs = 1_000;
const mostAnswers = 10_000;
const mostCalls = 256;

/** Sessions by their cookie, each asked for once a second at most, however many requests carry it. */
export class Sessions {
  #ask: AskSession;
  #now: () => number;
  #answers = new Map<string, Answer>();
  #calls = new Map<string, Promise<Known>>();

  constructor(ask: AskSession, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
  }

  async of(cookie: string): Promise<Known> {
    const answer = this.#answers.get(cookie);
    if (answer !== undefined && this.#now() - answer.asked < freshMs) return this.#valid(answer.known);
    return this.#valid(await this.#call(cookie));
  }

  /** Of what was signed out here: the next request asks again. */
  forget(cookie: string): void {
    this.#answers.delete(cookie);
  }

  /** A session ends at its second, also within the one in which an answer is fresh. */
  #valid(known: Known): Known {
    return typeof known === 'object' && known.expires <= this.#now() ? 'none' : known;
  }

  #call(cookie: string): Promise<Known> {
    const running = this.#calls.get(cookie);
    if (running !== undefined) return running;
    if (this.#calls.size >= mostCalls) throw new Unavailable('too many sessions are asked for at once');
    const asked = this.#now();
    const call = this.#ask(cookie)
      .then((known) => {
        this.#keep(cookie, { known, asked });
        return known;
      })
      .finally(() => this.#calls.delete(cookie));
    this.#calls.set(cookie, call);
    return call;
  }

  /** The one that was asked for longest ago goes first. */
  #keep(cookie: string, answer: Answer): void {
    this.#answers.delete(cookie);
    this.#answers.set(cookie, answer);
    for (const [oldest] of this.#answers) {
      if (this.#answers.size <= mostAnswers) break;
      this.#answers.delete(oldest);
    }
  }
}
