import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseRole } from '../../model/schema/database.ts';
import { Visitor } from '../sign-in/visitor.ts';
import { TestAuthority } from './authority.ts';
import { databaseEnv, Postgres } from './postgres.ts';
import { SignInStack } from './sign-in-stack.ts';
import { registerAt } from './sign-in-steps.ts';
import { identity } from './world.ts';

/* A Postgres of its own, which is killed: Kratos answers 401 then, as if each session had ended. */

const database = 'lasting';
const email = 'ada@example.org';
const password = 'correct horse battery staple 7';

let postgres: Postgres;
let stack: SignInStack;
/** Each with a session of its own; ten sign-ins of one address are not yet too many. */
const browsers: Visitor[] = [];

beforeAll(async () => {
  const authority = await TestAuthority.make('databases');
  postgres = await Postgres.start(authority);
  const login = async (access: 'owner' | 'read-write') =>
    databaseEnv(postgres, database, access, await identity(authority, databaseRole(database, access), []));
  stack = await SignInStack.start(database, undefined, {}, { at: postgres, login });
  await registerAt(stack, email, password);
  for (let each = 0; each < 8; each++) {
    const browser = new Visitor(stack.proxy.ports.visitors);
    const page = await browser.get(`${stack.shop}/`);
    const signedIn = await browser.send(page, 'password', { identifier: email, password });
    expect(signedIn.status, signedIn.text).toBe(200);
    browsers.push(browser);
  }
}, 20 * 60_000);

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

/** Asks the app with every session until the act is done: the answers that are not 200. */
async function lostDuring(act: () => Promise<void>): Promise<string[]> {
  const lost: string[] = [];
  let isDone = false;
  const asking = browsers.map(async (browser) => {
    while (!isDone) {
      const { status, text } = await browser.ask(`${stack.shop}/api`);
      if (status !== 200) lost.push(`${status} ${text}`);
      await sleep(20);
    }
  });
  await act();
  isDone = true;
  await Promise.all(asking);
  return lost;
}

describe('sessions', () => {
  it('are kept while the database is killed and returns', async () => {
    const lost = await lostDuring(async () => {
      for (let times = 0; times < 2; times++) {
        await sleep(1_500);
        await postgres.kill();
        await sleep(1_000);
        await postgres.run();
        await sleep(1_500);
      }
    });
    expect(lost).toEqual([]);
  });

  it('are kept while the database ends all connections, again and again', async () => {
    const lost = await lostDuring(async () => {
      const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`;
      for (let times = 0; times < 10; times++) {
        await postgres.asSuperuser('postgres', end);
        await sleep(250);
      }
    });
    expect(lost).toEqual([]);
  });

  it('end nevertheless when they are ended elsewhere', async () => {
    const [mine, other] = browsers;
    const list = await mine?.get(`${stack.accounts}/sessions`);
    if (list === undefined) throw new Error('there is no browser');
    await mine?.send(list, 'others');
    await sleep(1_000);
    expect((await other?.ask(`${stack.shop}/api`))?.status).toBe(401);
    expect((await mine?.ask(`${stack.shop}/api`))?.status).toBe(200);
  });
});
