import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { bundle } from '../../scripts/app-images/bundle.ts';
import { freePort } from '../free-port.ts';
import { TestAuthority } from './authority.ts';
import { makeDatabase } from './postgres.ts';
import { eventually, identity, loginAs } from './world.ts';

const root = join(import.meta.dirname, '../..');
let shipped = '';

// As the Dockerfiles put it together: nothing of the repository beside it, above all no node_modules.
beforeAll(async () => {
  shipped = await mkdtemp(join(tmpdir(), 'plinth-shipped-'));
  for (const app of ['apps/jobs', 'apps/accounts']) {
    for (const [folder, entry] of [
      [app, 'src/server.ts'],
      [`${app}/migrations`, 'migrate.ts'],
    ] as const) {
      await bundle({ root, folder, entry });
      await cp(join(root, folder, 'dist'), join(shipped, folder, 'dist'), { recursive: true });
    }
    await cp(join(root, app, 'page'), join(shipped, app, 'page'), { recursive: true });
  }
  const sql = 'apps/accounts/migrations/001-accounts.sql';
  await cp(join(root, sql), join(shipped, sql));
});

afterAll(() => rm(shipped, { recursive: true, force: true }));

/** Variables of the edges of accounts; none of their servers is asked before a request comes. */
const edges = async () => ({
  PEOPLE_KEYS: 'https://localhost:1/keys',
  PEOPLE_DIRECTORY: 'https://localhost:1/people',
  PEOPLE_IDENTITY_DIR: await identity(await TestAuthority.make('sign-in'), 'accounts'),
  PEOPLE_ISSUER: 'https://accounts.test:8443',
  PEOPLE_AUDIENCES: 'accounts',
  ...{ SMTP_HOST: 'localhost', SMTP_PORT: '1', SMTP_TLS: 'none' },
});

it.each([
  ['jobs', 'shipped', async () => ({})],
  ['accounts', 'shipped-accounts', edges],
] as const)('the bundles of %s migrate, serve, and stop in order', async (app, database, more) => {
  await makeDatabase(inject('postgres'), database);
  const migrated = await execa(process.execPath, [join(shipped, `apps/${app}/migrations/dist/migrate.mjs`)], {
    env: await loginAs(database, 'owner'),
    cwd: shipped,
  });
  expect(migrated.stdout).toContain('the database is up to date');

  const plain = String(await freePort());
  const server = execa(process.execPath, [join(shipped, `apps/${app}/dist/server.mjs`)], {
    cwd: shipped,
    env: {
      ...(await loginAs(database, 'read-write')),
      IDENTITY_DIR: await identity(await TestAuthority.make(app), app, ['localhost']),
      ...(await more()),
      CALLERS: 'person:me',
      PORT: '0',
      HTTP_PORT: plain,
    },
  });
  await eventually(async () =>
    (await fetch(`http://127.0.0.1:${plain}/readyz`).catch(() => undefined))?.status === 200
      ? true
      : undefined,
  );
  server.kill('SIGTERM');
  const { exitCode, stdout } = await server;
  expect(exitCode).toBe(0);
  expect(stdout).toContain('"message":"stopped"');
});

it('a failed migration exits with a code other than 0', async () => {
  const { exitCode, stderr } = await execa(
    process.execPath,
    [join(shipped, 'apps/jobs/migrations/dist/migrate.mjs')],
    { env: await loginAs('shipped', 'read-write'), cwd: shipped, reject: false },
  );
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/permission denied/);
});
