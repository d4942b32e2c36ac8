import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import { askHttps } from '../../kit/ask-https.ts';
import type { IdentityFolder } from '../../kit/identity.ts';
import { Refusal } from '../../kit/refusal.ts';

/** A person as Kratos keeps one. */
const directoryPerson = z.object({
  id: z.string().min(1),
  email: z.string(),
  name: z.string(),
  /** Addresses that the person proved to have. */
  verified: z.array(z.string()),
});
export type DirectoryPerson = z.output<typeof directoryPerson>;

const directoryPage = z.object({ people: z.array(directoryPerson), nextPage: z.string() });
export type DirectoryPage = z.output<typeof directoryPage>;

const directorySessions = z.object({
  sessions: z.array(
    z.object({
      id: z.string(),
      signedInAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
      agent: z.string(),
      address: z.string(),
    }),
  ),
});
export type DirectorySession = z.output<typeof directorySessions>['sessions'][number];

/** Accounts of people, which Kratos keeps. */
export interface Directory {
  /** `page`: `nextPage` of the page before; '' for the first. */
  fetchPage(page: string): Promise<DirectoryPage>;
  /** Undefined where there is no such person. */
  fetchSessions(id: string): Promise<DirectorySession[] | undefined>;
  /** Signs a person out everywhere. */
  destroySessions(id: string): Promise<void>;
  /** Undefined where there is none. */
  fetch(id: string): Promise<DirectoryPerson | undefined>;
  /** Deletes the account with its sessions; one that is gone already is no error. */
  destroy(id: string): Promise<void>;
}

/**
 * The directory that the proxy `sign-in` serves to apps with `uses: [{ kind: 'people', manage: true }]`.
 * `address`: PEOPLE_DIRECTORY.
 */
export function directoryAt(address: string, identity: Pick<IdentityFolder, 'current'>): Directory {
  const ask = async (method: 'GET' | 'DELETE', path: string) => {
    try {
      return await askHttps(new URL(`${address}${path}`), identity.current, method);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(status.UNAVAILABLE, `the directory of people does not answer: ${why}`);
    }
  };
  const read = async <S extends z.ZodType>(schema: S, path: string): Promise<z.output<S> | undefined> => {
    const answer = await ask('GET', path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw unexpected(answer.status);
    return schema.parse(JSON.parse(answer.text));
  };
  const destroy = async (path: string): Promise<void> => {
    const { status: answered } = await ask('DELETE', path);
    if (answered !== 204 && answered !== 404) throw unexpected(answered);
  };
  const of = (id: string) => `/${encodeURIComponent(id)}`;
  return {
    fetch: (id) => read(directoryPerson, of(id)),
    fetchPage: async (page) =>
      (await read(directoryPage, `?page=${encodeURIComponent(page)}`)) ?? { people: [], nextPage: '' },
    fetchSessions: async (id) => (await read(directorySessions, `${of(id)}/sessions`))?.sessions,
    destroySessions: (id) => destroy(`${of(id)}/sessions`),
    destroy: (id) => destroy(of(id)),
  };
}

function unexpected(answered: number): Refusal {
  return new Refusal(status.UNAVAILABLE, `the directory of people answers ${answered}: try again`);
}
