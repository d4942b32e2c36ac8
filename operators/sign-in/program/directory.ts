import { Unavailable } from './fresh-answers.ts';
import { at, type Kratos, textAt } from './kratos.ts';

/** An answer of the directory. */
export interface DirectoryAnswer {
  status: number;
  body: object;
}

/**
 * People as Kratos keeps them, for the apps that manage them: Kratos' admin API itself can do anything to anybody and asks for no
 * certificate, so apps get no further than this.
 */
export class PeopleDirectory {
  #admin: Pick<Kratos, 'call'>;
  #managers: ReadonlySet<string>;

  /** `managers`: apps with `uses: [{ kind: 'people', manage: true }]`. */
  constructor(admin: Pick<Kratos, 'call'>, managers: readonly string[]) {
    this.#admin = admin;
    this.#managers = new Set(managers);
  }

  /** `GET` and `DELETE /people/ID`; throws Unavailable where Kratos does not answer. */
  async answer(caller: string | undefined, method: string, path: string): Promise<DirectoryAnswer> {
    const notFound = { status: 404, body: { error: 'nobody is here' } };
    if (caller === undefined || !this.#managers.has(caller)) return notFound;
    // An id of Kratos and nothing else: no path of its API can be made of it.
    const [, id] = /^\/people\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(path) ?? [];
    if (id === undefined) return notFound;
    const answer = await this.#admin.call(method, `/admin/identities/${id}`, {});
    if (answer.status === 404) return notFound;
    if (method === 'DELETE' && answer.status === 204) return { status: 204, body: {} };
    if (method === 'GET' && answer.status === 200) return { status: 200, body: personFrom(answer.body) };
    throw new Unavailable(`Kratos answers ${answer.status} to ${method} of a person`);
  }
}

function personFrom(identity: unknown): object {
  const addresses = at(identity, 'verifiable_addresses');
  const verified = (Array.isArray(addresses) ? addresses : []).filter(
    (each) => at(each, 'verified') === true,
  );
  return {
    id: textAt(identity, 'id'),
    email: textAt(identity, 'traits', 'email'),
    name: textAt(identity, 'traits', 'name'),
    verified: verified.map((each) => textAt(each, 'value')),
  };
}
