import { Unavailable } from './fresh-answers.ts';
import { at, type Kratos, textAt } from './kratos.ts';

/** People on one page. */
const pageSize = 100;

/** An answer of the directory. */
export interface DirectoryAnswer {
  status: number;
  body: object;
}

/**
 * People as Kratos keeps them, for the apps that manage them: Kratos' admin API itself can do anything to anybody and asks for no
 * certificate, so apps get no further than this: `GET /people?page=`, `GET` and `DELETE` of `/people/ID` and of `/people/ID/sessions`.
 */
export class PeopleDirectory {
  #admin: Pick<Kratos, 'call'>;
  #managers: ReadonlySet<string>;

  /** `managers`: apps with `uses: [{ kind: 'people', manage: true }]`. */
  constructor(admin: Pick<Kratos, 'call'>, managers: readonly string[]) {
    this.#admin = admin;
    this.#managers = new Set(managers);
  }

  /** `path`: with its query. Throws Unavailable where Kratos does not answer. */
  async answer(caller: string | undefined, method: string, path: string): Promise<DirectoryAnswer> {
    if (caller === undefined || !this.#managers.has(caller)) return notFound;
    const [, page] = /^\/people\?page=(\d{0,6})$/.exec(path) ?? [];
    if (page !== undefined) return method === 'GET' ? this.#page(Number(page) || 1) : notFound;
    // An id of Kratos and nothing else: no path of its API can be made of it.
    const [, id, sessions = ''] =
      /^\/people\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\/sessions)?$/.exec(path) ?? [];
    if (id === undefined) return notFound;
    const answer = await this.#admin.call(method, `/admin/identities/${id}${sessions}`, {});
    if (answer.status === 404) return notFound;
    if (method === 'DELETE' && answer.status === 204) return { status: 204, body: {} };
    if (method !== 'GET' || answer.status !== 200)
      throw new Unavailable(`Kratos answers ${answer.status} to ${method} of a person`);
    const body = sessions === '' ? personFrom(answer.body) : { sessions: sessionsFrom(answer.body) };
    return { status: 200, body };
  }

  async #page(page: number): Promise<DirectoryAnswer> {
    const query = new URLSearchParams({ page: `${page}`, per_page: `${pageSize}` });
    const { status, body } = await this.#admin.call('GET', `/admin/identities?${query}`, {});
    if (status !== 200 || !Array.isArray(body))
      throw new Unavailable(`Kratos answers ${status} to a list of people`);
    const nextPage = body.length < pageSize ? '' : `${page + 1}`;
    return { status: 200, body: { people: body.map(personFrom), nextPage } };
  }
}

const notFound: DirectoryAnswer = { status: 404, body: { error: 'nobody is here' } };

/** Those that have not ended (Kratos, 'List an Identity\'s Sessions'). */
function sessionsFrom(list: unknown): object[] {
  const active = (Array.isArray(list) ? list : []).filter((each) => at(each, 'active') === true);
  return active.map((each) => ({
    id: textAt(each, 'id'),
    signedInAt: timeAt(each, 'authenticated_at'),
    expiresAt: timeAt(each, 'expires_at'),
    agent: textAt(each, 'devices', 0, 'user_agent'),
    address: textAt(each, 'devices', 0, 'ip_address'),
  }));
}

function timeAt(value: unknown, key: string): string {
  const time = Date.parse(textAt(value, key));
  return new Date(Number.isNaN(time) ? 0 : time).toISOString();
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
