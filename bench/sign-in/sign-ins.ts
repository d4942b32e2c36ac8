import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { databaseRole } from '../../model/schema/database.ts';
import { TestAuthority } from '../../test/services/authority.ts';
import { scratch, writeIdentity } from '../../test/services/identity-folder.ts';
import { databaseEnv, Postgres } from '../../test/services/postgres.ts';
import { SignInStack } from '../../test/services/sign-in-stack.ts';
import { Visitor } from '../../test/sign-in/visitor.ts';
import { carryOut, type Taken } from './taken.ts';

const password = 'correct horse battery staple 7';
/** Sign-ins of one account: fewer than the proxy allows at once. */
const perPerson = 8;

export interface SignIns {
  name: string;
  taken: Taken;
}

/** Sign-ins by password on a real Kratos and PostgreSQL: by Kratos' API alone, then with a browser from an app back to the app. */
export async function measureSignIns(signIns: number, atOnce: number): Promise<SignIns[]> {
  const authority = await TestAuthority.make('databases');
  const postgres = await Postgres.start(authority, { fsync: 'on', synchronous_commit: 'on' });
  const identities = scratch();
  const login = async (access: 'owner' | 'read-write') => {
    const folder = join(identities, access);
    const commonName = databaseRole('measured', access);
    writeIdentity(folder, await authority.issue({ commonName }), authority.roots);
    return databaseEnv(postgres, 'measured', access, folder);
  };
  try {
    const stack = await SignInStack.start('measured', undefined, {}, { at: postgres, login });
    try {
      return await bothWays(stack, signIns, atOnce);
    } finally {
      await stack.stop();
    }
  } finally {
    await postgres.stop();
    await rm(identities, { recursive: true });
  }
}

async function bothWays(stack: SignInStack, signIns: number, atOnce: number): Promise<SignIns[]> {
  const people = Array.from({ length: Math.ceil(signIns / perPerson) }, () => `${randomUUID()}@example.org`);
  await carryOut(people.length, atOnce, (i) => makePerson(stack, people[i] ?? ''));
  const by = (signIn: (stack: SignInStack, email: string) => Promise<void>) =>
    carryOut(signIns, atOnce, (i) => signIn(stack, people[i % people.length] ?? ''));
  return [
    { name: "Kratos' own API", taken: await by(byApi) },
    { name: 'a browser, from the app back to it', taken: await by(byBrowser) },
  ];
}

async function makePerson({ kratos }: SignInStack, email: string): Promise<void> {
  const json = {
    schema_id: 'person',
    traits: { email, name: 'Ada' },
    credentials: { password: { config: { password } } },
    verifiable_addresses: [{ value: email, via: 'email', verified: true, status: 'completed' }],
  };
  const { status, body } = await kratos.ask('POST', '/admin/identities', { json, port: 'admin' });
  if (status !== 201) throw new Error(`Kratos answers ${status} to a new account: ${JSON.stringify(body)}`);
}

const flow = z.object({ id: z.string() });

async function byApi({ kratos }: SignInStack, identifier: string): Promise<void> {
  const { id } = flow.parse((await kratos.ask('GET', '/self-service/login/api')).body);
  const json = { method: 'password', identifier, password };
  const { status, body } = await kratos.ask('POST', `/self-service/login?flow=${id}`, { json });
  if (status !== 200) throw new Error(`Kratos answers ${status} to a sign-in: ${JSON.stringify(body)}`);
}

async function byBrowser(stack: SignInStack, identifier: string): Promise<void> {
  const browser = new Visitor(stack.proxy.ports.visitors);
  const form = await browser.get(`${stack.shop}/`);
  const { url, status, text } = await browser.send(form, 'password', { identifier, password });
  if (url.origin !== stack.shop || status !== 200)
    throw new Error(`a sign-in ended at ${url} with ${status}: ${text}`);
}
