import { askJson, type JsonAnswer } from './ask-json.ts';
import { FreshAnswers, Unavailable } from './fresh-answers.ts';
import { personHeader } from './headers.ts';
import { at, textAt } from './kratos.ts';
import type { Session } from './sessions.ts';
import { untilAnswered } from './until-answered.ts';
import type { UpstreamTarget } from './upstream.ts';

/** The rights of a person in a session, from the app with organisations. */
export interface Rights {
  /** Whether they have changed since the last revalidation of the session. */
  isStale: boolean;
  /** Organisation for which the person acts; null if none. */
  organisation: string | null;
  roles: string[];
  /** As whom the person, an administrator, acts in this session. Default: as nobody else. */
  impersonation?: Impersonation;
}

/** A session in which an administrator acts as somebody else. */
export interface Impersonation {
  id: string;
  administrator: string;
  person: string;
  /** Its end in milliseconds since 1970. */
  until: number;
}

/** Rights of everybody if no app has organisations. */
export const noRights: Rights = { isStale: false, organisation: null, roles: [] };

/** Client of the app with organisations and roles. */
export interface RightsInput {
  /** Its mTLS port. */
  target: () => UpstreamTarget;
  /** A token for it, without organisation and roles. */
  token: (session: Session) => string;
}

/** Rights by session, each requested at most once a second. A change is effective at every replica within two seconds. */
export class SessionRights {
  #input: RightsInput | undefined;
  #answers: FreshAnswers<Rights>;

  /** Undefined if no app has organisations. */
  constructor(input: RightsInput | undefined, now: () => number = Date.now) {
    this.#input = input;
    this.#answers = new FreshAnswers('rights', now);
  }

  /** Throws Unavailable if the app does not answer, because old rights must not be used. */
  async of(session: Session): Promise<Rights> {
    const input = this.#input;
    if (input === undefined) return noRights;
    const rights = await this.#answers.of(session.id, () => this.#ask(input, session, 'GET', '/v1/session'));
    // Stale answers are not cached, because another replica can revalidate the session at any time.
    if (rights.isStale) this.#answers.forget(session.id);
    return rights;
  }

  /** Revalidates the session and drops its cached rights. */
  async revalidate(session: Session): Promise<Rights> {
    const input = this.#input;
    if (input === undefined) return noRights;
    const rights = await this.#ask(input, session, 'POST', '/v1/session/revalidate');
    this.#answers.forget(session.id);
    return rights;
  }

  async #ask(input: RightsInput, session: Session, method: string, path: string): Promise<Rights> {
    try {
      return await untilAnswered(async (patienceMs) => {
        const headers = { [personHeader]: input.token(session) };
        return rightsFrom(await askJson({ ...input.target(), method, path, headers }, patienceMs));
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Unavailable(`the rights of a session are not known: ${why}`);
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
    ...impersonationFrom(at(session, 'impersonation')),
  };
}

/** An incomplete one is an error: otherwise the administrator would act as himself without noticing it. */
function impersonationFrom(given: unknown): Pick<Rights, 'impersonation'> {
  if (given === undefined || given === null) return {};
  const [id, administrator, person] = [
    textAt(given, 'id'),
    textAt(given, 'administrator'),
    textAt(given, 'person'),
  ];
  const until = Date.parse(textAt(given, 'until'));
  if (id === '' || administrator === '' || person === '' || Number.isNaN(until))
    throw new Error('the app that keeps organisations answers an incomplete impersonation');
  return { impersonation: { id, administrator, person, until } };
}
