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

/** Accounts of people, which Kratos keeps. */
export interface Directory {
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
  const ask = async (method: 'GET' | 'DELETE', id: string) => {
    const url = new URL(`${address}/${encodeURIComponent(id)}`);
    try {
      return await askHttps(url, identity.current, method);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Refusal(status.UNAVAILABLE, `the directory of people does not answer: ${why}`);
    }
  };
  const unexpected = (answered: number) =>
    new Refusal(status.UNAVAILABLE, `the directory of people answers ${answered}: try again`);
  return {
    fetch: async (id) => {
      const answer = await ask('GET', id);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw unexpected(answer.status);
      return directoryPerson.parse(JSON.parse(answer.text));
    },
    destroy: async (id) => {
      const { status: answered } = await ask('DELETE', id);
      if (answered !== 204 && answered !== 404) throw unexpected(answered);
    },
  };
}
