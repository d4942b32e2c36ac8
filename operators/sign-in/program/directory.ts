import { Unavailable } from './fresh-answers.ts';
import { at, type Kratos, textAt } from './kratos.ts';
import { nextPageToken } from './next-page-token.ts';
import { listedSessions } from './session-list.ts';

/** A response of the directory. */
export interface DirectoryAnswer {
  status: number;
  body: object;
}

/**
 * People in Kratos, for apps that manage them. Kratos' admin API has no access control and no client certificates, so
 * apps only get this subset: `GET /people?page=`, and `GET` and `DELETE` of `/people/ID` and `/people/ID/sessions`.
 */
export class PeopleDirectory {
  #admin: Pick<Kratos, 'callWithRepeats'>;
  #managers: ReadonlySet<string>;
  #pageSize: number;

  /** `managers`: apps with `uses: [{ kind: 'people', manage: true }]`. `pageSize`: people in a page. */
  constructor(admin: Pick<Kratos, 'callWithRepeats'>, managers: readonly string[], pageSize = 100) {
    this.#admin = admin;
    this.#managers = new Set(managers);
    this.#pageSize = pageSize;
  }

  /** `path` includes the query. Throws Unavailable if Kratos does not answer. */
  async answer(caller: string | undefined, method: string, path: string): Promise<DirectoryAnswer> {
    if (caller === undefined || !this.#managers.has(caller)) return notFound;
    const [, page] = /^\/people\?page=([\w-]{0,256})$/.exec(path) ?? [];
    if (page !== undefined) return method === 'GET' ? this.#page(page) : notFound;
    // Only ids of Kratos match, so an id cannot form another path of its API.
    const [, id, sessions = ''] =
      /^\/people\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\/sessions)?$/.exec(path) ?? [];
    if (id === undefined) return notFound;
    const answer = await this.#admin.callWithRepeats(method, `/admin/identities/${id}${sessions}`, {});
    if (answer.status === 404) return notFound;
    if (method === 'DELETE' && answer.status === 204) return { status: 204, body: {} };
    if (method !== 'GET' || answer.status !== 200)
      throw new Unavailable(`Kratos answers ${answer.status} to ${method} of a person`);
    const body = sessions === '' ? personFrom(answer.body) : { sessions: listedSessions(answer.body) };
    return { status: 200, body };
  }

  /** `token`: from the page before; '' for the first one. */
  async #page(token: string): Promise<DirectoryAnswer> {
    const from = token === '' ? {} : { page_token: token };
    const query = new URLSearchParams({ page_size: `${this.#pageSize}`, ...from });
    const { status, body, link } = await this.#admin.callWithRepeats('GET', `/admin/identities?${query}`, {});
    if (status !== 200 || !Array.isArray(body))
      throw new Unavailable(`Kratos answers ${status} to a list of people`);
    return { status: 200, body: { people: body.map(personFrom), nextPage: nextPageToken(link) } };
  }
}

const notFound: DirectoryAnswer = { status: 404, body: { error: 'nobody is here' } };

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
