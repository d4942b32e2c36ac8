import { type AccountsApi, accountsRoutes } from '../../kit/generated/accounts-rest.ts';
import { ordersRoutes } from '../../kit/generated/orders-rest.ts';
import type { RestRoute } from '../../kit/rest-client.ts';
import type { Member, Organisation, Role } from '../src/accounts-api.ts';
import type { OwnSession } from '../src/sign-in-api.ts';
import { FakeOrders } from './fake-orders.ts';

type Operation = keyof AccountsApi;
type Answers = {
  [Id in Operation]?: (request: AccountsApi[Id]['request']) => AccountsApi[Id]['answer'];
};

export interface FakeAnswer {
  status: number;
  body: unknown;
}

const at = '2026-03-01T10:00:00.000Z';
const club: Organisation = {
  id: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  name: 'Club',
  createdAt: at,
  auditDays: 365,
};
const ada: Member = { person: 'ada', email: 'ada@example.org', name: 'Ada', roles: ['owner'], joinedAt: at };
const bo: Member = { person: 'bo', email: 'bo@example.org', name: '', roles: ['member'], joinedAt: at };
const roles: Role[] = [
  { name: 'owner', description: 'May do everything.', permissions: ['*'], builtIn: true },
  { name: 'member', description: 'Sees the members.', permissions: ['members.read'], builtIn: true },
  { name: 'clerk', description: '', permissions: ['orders.place'], builtIn: false },
];

const deadJob: AccountsApi['listQueueJobs']['answer']['jobs'][number] = {
  ...{ id: '2f0e4c5a-0000-4000-8000-000000000001', state: 'dead', attempts: 6, attemptsMax: 6 },
  ...{ createdAt: at, finishedAt: at, failure: 'no such order' },
};

const inPhone = {
  ...{ signedInAt: at, expiresAt: at, agent: 'Phone', address: '192.0.2.8', isThis: false },
};

/** The API of organisations with what one person sees, in memory. Its answers have the generated types. */
export class FakeAccounts {
  readonly club = club;
  /** `METHOD PATH`, with the body as JSON, of each request. */
  readonly asked: string[] = [];
  /** Refuses every request until the session is revalidated, as the proxy does. */
  isStale = false;
  /** Answers every request; undefined: the API does. */
  instead: FakeAnswer | 'no connection' | undefined;
  /** Stands in the place of every text that somebody may have written; undefined: the texts below do. */
  everyText: string | undefined;
  /** What answers wait for on their way. */
  delay: Promise<void> | undefined;
  permissions: string[] = ['*'];
  isAdministrator = false;
  /** For whom the session acts. */
  person = 'ada';
  impersonation: AccountsApi['getSession']['answer']['session']['impersonation'] = null;
  organisations: Organisation[] = [club];
  members: Member[] = [ada, bo];
  invitations: AccountsApi['listInvitations']['answer']['invitations'] = [];
  keys: AccountsApi['listApiKeys']['answer']['keys'] = [];

  ownSessions: OwnSession[] = [
    { ...inPhone, id: 's2' },
    { ...inPhone, id: 's1', agent: 'Firefox', isThis: true },
    { ...inPhone, id: 's3', agent: '', address: '' },
  ];
  queue: AccountsApi['listQueues']['answer']['queues'][number] = {
    ...{ name: 'orders.confirm', queued: 3, active: 1, retry: 0, completed: 40, cancelled: 0, dead: 1 },
  };
  /** The API of orders. */
  readonly orders = new FakeOrders();

  readonly #answers: Answers = {
    getSession: () => ({ session: this.#session() }),
    switchOrganisation: () => {
      this.isStale = true;
      return { session: this.#session() };
    },
    getPlatform: () => ({ administrator: this.isAdministrator }),
    exportPerson: () => ({
      document: { account: { id: 'ada', email: ada.email, name: 'Ada', verified: [ada.email] } },
    }),
    deletePerson: () => ({}),
    listSessionUses: () => ({ uses: [{ session: 's3', lastUsedAt: '2026-03-02T10:00:00.000Z' }] }),
    listOrganisations: () => ({ organisations: this.organisations }),
    createOrganisation: ({ name }) => {
      const organisation = { ...club, id: crypto.randomUUID(), name };
      this.organisations = [...this.organisations, organisation];
      return { organisation };
    },
    getOrganisation: () => ({ organisation: club }),
    listMembers: ({ pageToken }) =>
      pageToken === '' ? { members: [ada], nextPageToken: '2' } : { members: [bo], nextPageToken: '' },
    updateMember: ({ roles: given }) => ({ member: { ...bo, roles: given } }),
    removeMember: () => ({}),
    putRole: ({ role, description = '', permissions }) => ({
      role: { name: role, description, permissions, builtIn: false },
    }),
    updateOrganisation: ({ name = club.name, auditDays = club.auditDays }) => ({
      organisation: { ...club, name, auditDays },
    }),
    deleteOrganisation: () => ({}),
    listRoles: () => ({ roles }),
    listInvitations: () => ({ invitations: this.invitations }),
    createInvitation: ({ email, roles: given }) => {
      const invitation = {
        ...{ id: crypto.randomUUID(), email, roles: given },
        ...{ invitedBy: 'ada', createdAt: at, expiresAt: at },
      };
      this.invitations = [...this.invitations, invitation];
      return { invitation };
    },
    acceptInvitation: () => ({ organisation: club }),
    listApiKeys: () => ({ keys: this.keys }),
    createApiKey: ({ name, scopes, expiresAt = at }) => {
      const key = {
        ...{ id: crypto.randomUUID(), organisation: club.id, name, scopes, prefix: 'plinth_key_ab' },
        ...{ createdBy: 'ada', createdAt: at, expiresAt, lastUsedAt: null },
      };
      this.keys = [...this.keys, key];
      return { key, secret: 'plinth_key_abcdef' };
    },
    listAuditEntries: ({ pageToken = '' }) =>
      pageToken === ''
        ? { entries: [entry], nextPageToken: '2' }
        : {
            entries: [{ ...entry, id: '0b0e7c1c-0f5e-4a83-9a39-3a0f7e6d2f12', action: 'role.put' }],
            nextPageToken: '',
          },
    listPeople: () => ({
      people: [{ id: 'bo', email: bo.email, name: '', verified: [] }],
      nextPageToken: '',
    }),
    listPersonSessions: () => ({
      sessions: [{ id: 's1', signedInAt: at, expiresAt: at, agent: 'Firefox', address: '192.0.2.7' }],
    }),
    revokePersonSessions: () => ({}),
    beginImpersonation: ({ person, reason }) => {
      const impersonation = {
        ...{ id: crypto.randomUUID(), administrator: this.person, person, reason },
        ...{ email: `${person}@example.org`, until: at },
      };
      this.actAs(person, impersonation);
      return { impersonation };
    },
    endImpersonation: () => {
      this.actAs(this.impersonation?.administrator ?? '', null);
      return {};
    },
    listPlatformOrganisations: () => ({ organisations: [club], nextPageToken: '' }),
    listPlatformMembers: () => ({ members: [ada, bo], nextPageToken: '' }),
    listPlatformRoles: () => ({ roles }),
    listQueues: () => ({ queues: [this.queue] }),
    listQueueJobs: () => ({ jobs: this.queue.dead > 0 ? [deadJob] : [], nextPageToken: '' }),
    retryQueueJob: () => {
      this.queue = { ...this.queue, dead: 0, queued: this.queue.queued + 1 };
      return { job: { ...deadJob, state: 'queued' } };
    },
    listPlatformAuditEntries: () => ({ entries: [entry], nextPageToken: '' }),
  };

  #session(): AccountsApi['getSession']['answer']['session'] {
    return {
      ...{ person: this.person, session: 's1', state: 'valid', organisation: club.id },
      ...{ roles: ['owner'], permissions: this.permissions, impersonation: this.impersonation },
    };
  }

  /** The session acts for another person from now on, and must be revalidated. */
  actAs(person: string, impersonation: FakeAccounts['impersonation']): void {
    this.person = person;
    this.impersonation = impersonation;
    this.isStale = true;
  }

  /** The sessions of the person, as the proxy of the sign-in answers. */
  #ownSessions(method: string, id: string | undefined): FakeAnswer {
    if (method !== 'DELETE') return { status: 200, body: this.#written({ sessions: this.ownSessions }) };
    this.ownSessions = this.ownSessions.filter((each) => each.isThis || (id !== undefined && each.id !== id));
    return { status: 200, body: {} };
  }

  #written(body: unknown): unknown {
    return this.everyText === undefined ? body : withText(body, this.everyText);
  }

  /** In the place of `fetch`. */
  readonly fetch: typeof fetch = async (input, init) => {
    const { method = 'GET', body } = init ?? {};
    const text = typeof body === 'string' ? body : '';
    const answer = this.answer(method, String(input), text);
    await this.delay;
    if (answer === 'no connection') throw new TypeError('Failed to fetch');
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  };

  answer(method: string, address: string, body: string): FakeAnswer | 'no connection' {
    this.asked.push(`${method} ${address}${body === '' ? '' : ` ${body}`}`);
    if (this.instead !== undefined) return this.instead;
    if (address === '/.sign-in/revalidate') {
      this.isStale = false;
      return { status: 200, body: { person: this.person, organisation: club.id, roles: ['owner'] } };
    }
    const ended = /^\/\.sign-in\/sessions(?:\/([\w-]+))?$/.exec(address);
    if (ended !== null) return this.#ownSessions(method, ended[1]);
    if (this.isStale) return refusal(402, 'session_needs_revalidation', 'Your rights have changed.');
    const { pathname, searchParams } = new URL(address, 'https://app.test');
    const given = {
      ...Object.fromEntries(searchParams),
      ...(body === '' ? {} : (JSON.parse(body) as object)),
    };
    const found =
      answerOf('/api/accounts', accountsRoutes, this.#answers, method, pathname, given) ??
      answerOf('/api/orders', ordersRoutes, this.orders.answers, method, pathname, given);
    if (found !== undefined) return { status: 200, body: this.#written(found) };
    return refusal(404, 'not_found', `unknown path ${pathname}`);
  }
}

/** What an API in memory answers; undefined where it has no such route. */
function answerOf(
  base: string,
  routes: Readonly<Record<string, RestRoute>>,
  answers: object,
  method: string,
  pathname: string,
  given: object,
): unknown {
  for (const [id, route] of Object.entries(routes)) {
    const pattern = `^${base}${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`;
    const found = new RegExp(pattern).exec(pathname);
    const answer: unknown = Reflect.get(answers, id);
    if (found === null || route.method !== method || typeof answer !== 'function') continue;
    return answer({ ...given, ...found.groups });
  }
  return undefined;
}

/** The same with another text for each one that is no id, time, state or wildcard. */
function withText(value: unknown, text: string): unknown {
  if (typeof value === 'string') return /^(\*|[\da-f-]{36}|\d{4}-\d\d-\d\dT.*)$/.test(value) ? value : text;
  if (Array.isArray(value)) return value.map((each) => withText(each, text));
  if (typeof value !== 'object' || value === null) return value;
  const kept = ['state', 'nextPageToken'];
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, kept.includes(key) ? each : withText(each, text)]),
  );
}

export function refusal(status: number, code: string, message: string): FakeAnswer {
  return { status, body: { error: { code, message } } };
}

const entry: AccountsApi['listAuditEntries']['answer']['entries'][number] = {
  ...{ id: '0b0e7c1c-0f5e-4a83-9a39-3a0f7e6d2f11', at, actor: 'person:ada', onBehalfOf: 'person:bo' },
  action: 'member.update',
  ...{ subject: 'member:bo', address: '192.0.2.7', app: 'web' },
  ...{ before: { roles: ['member'] }, after: { roles: ['clerk', 'member'] } },
};
