import { setTimeout as sleep } from 'node:timers/promises';
import { askJson, type JsonAnswer } from './ask-json.ts';
import { FreshAnswers, Unavailable } from './fresh-answers.ts';
import { personHeader } from './headers.ts';
import { at, textAt } from './kratos.ts';
import type { Session } from './sessions.ts';
import type { UpstreamTarget } from './upstream.ts';

/** What a person may do in a session, as the app says that keeps organisations. */
export interface Rights {
  /** Whether they changed since the session took them up. */
  isStale: boolean;
  /** Organisation for which the person acts; null: none. */
  organisation: string | null;
  roles: string[];
}

/** Rights of everybody where no app keeps organisations. */
export const noRights: Rights = { isStale: false, organisation: null, roles: [] };

/** The app that keeps organisations and roles. */
export interface RightsInput {
  /** Its mutual port. */
  target: () => UpstreamTarget;
  /** A token for it, without organisation and roles. */
  token: (session: Session) => string;
}

/** Milliseconds that one question may take, and all tries of one: less than the two seconds within which a change is seen. */
const patience = { once: 1_000, altogether: 1_800 };
const againMs = 50;

/** Rights by session, each asked for once a second at most. A change is seen by every replica within two seconds. */
export class SessionRights {
  #input: RightsInput | undefined;
  #answers: FreshAnswers<Rights>;

  /** Undefined: no app keeps organisations. */
  constructor(input: RightsInput | undefined, now: () => number = Date.now) {
    this.#input = input;
    this.#answers = new FreshAnswers('rights', now);
  }

  /** Throws Unavailable where the app does not answer: rights that may be old are not taken. */
  async of(session: Session): Promise<Rights> {
    const input = this.#input;
    if (input === undefined) return noRights;
    const rights = await this.#answers.of(session.id, () => this.#ask(input, session, 'GET', '/v1/session'));
    // Another replica may revalidate the session at any moment: the next request asks again.
    if (rights.isStale) this.#answers.forget(session.id);
    return rights;
  }

  /** Takes up the rights of now, and forgets the ones before. */
  async revalidate(session: Session): Promise<Rights> {
    const input = this.#input;
    if (input === undefined) return noRights;
    const rights = await this.#ask(input, session, 'POST', '/v1/session/revalidate');
    this.#answers.forget(session.id);
    return rights;
  }

  /** While a replica of the app goes and another one comes, it is asked again. */
  async #ask(input: RightsInput, session: Session, method: string, path: string): Promise<Rights> {
    const end = Date.now() + patience.altogether;
    for (;;) {
      try {
        const headers = { [personHeader]: input.token(session) };
        const answer = await askJson({ ...input.target(), method, path, headers }, patience.once);
        return rightsFrom(answer);
      } catch (error) {
        if (Date.now() + againMs < end) {
          await sleep(againMs);
          continue;
        }
        const why = error instanceof Error ? error.message : String(error);
        throw new Unavailable(`the rights of a session are not known: ${why}`);
      }
    }
  }
}

function rightsFrom({ status, body }: JsonAnswer): Rights {
  const session = at(body, 'session');
  const [state, organisation] = [textAt(session, 'state'), textAt(session, 'organisation')];
  const roles = at(session, 'roles');
  if (status !== 200 || !Array.isArray(roles) || (state !== 'valid' && state !== 'needs_revalidation'))
    throw new Error(`the app that keeps organisations answers ${status}`);
  return {
    isStale: state !== 'valid',
    organisation: organisation === '' ? null : organisation,
    roles: roles.filter((role) => typeof role === 'string'),
  };
}
