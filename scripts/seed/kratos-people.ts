import type { RequestOptions } from 'node:http';
import { z } from 'zod';
import { askJson, type JsonAnswer } from '../../operators/sign-in/program/ask-json.ts';
import { nextPageToken } from '../../operators/sign-in/program/next-page-token.ts';
import { type SeedPerson, seedDomain } from './data.ts';

const identity = z.object({ id: z.string(), traits: z.object({ email: z.string() }) });

const pageSize = 250;
const patienceMs = 30_000;

/** Kratos' admin API; `options`: how it is reached. */
export class KratosPeople {
  #options: RequestOptions;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  /** Seeded people who are there: from address to id. */
  async seeded(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    let path = `/admin/identities?page_size=${pageSize}`;
    for (;;) {
      const { body, link } = await this.#ask('GET', path, [200]);
      for (const { id, traits } of z.array(identity).parse(body))
        if (traits.email.endsWith(`@${seedDomain}`)) found.set(traits.email, id);
      const token = nextPageToken(link);
      if (token === '') return found;
      path = `/admin/identities?page_size=${pageSize}&page_token=${encodeURIComponent(token)}`;
    }
  }

  /** Makes an account with a verified address (Kratos, 'Import User Accounts'); returns its id. */
  async insert({ email, name }: SeedPerson, password: string): Promise<string> {
    const given = {
      schema_id: 'person',
      traits: { email, name },
      credentials: { password: { config: { password } } },
      verifiable_addresses: [{ value: email, verified: true, via: 'email', status: 'completed' }],
    };
    const { body } = await this.#ask('POST', '/admin/identities', [201], JSON.stringify(given));
    return identity.parse(body).id;
  }

  async destroy(id: string): Promise<void> {
    await this.#ask('DELETE', `/admin/identities/${id}`, [204, 404]);
  }

  async #ask(method: string, path: string, expected: number[], body = ''): Promise<JsonAnswer> {
    const headers = body === '' ? {} : { 'content-type': 'application/json' };
    const answer = await askJson({ ...this.#options, method, path, headers }, patienceMs, body);
    if (expected.includes(answer.status)) return answer;
    throw new Error(`Kratos answers ${answer.status} to ${method} ${path}: ${JSON.stringify(answer.body)}`);
  }
}
