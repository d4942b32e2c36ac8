import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseAccess } from '../../apps/kit/database.ts';
import { TestAuthority } from './authority.ts';
import { scratch } from './identity-folder.ts';
import { Postgres } from './postgres.ts';

/*
 * An external Postgres: it requires a password, and the CA of its certificate is in a separate file.
 */

let postgres: Postgres;
let env: Record<string, string>;
const password = 'only for this test';

beforeAll(async () => {
  const authority = await TestAuthority.make('others');
  postgres = await Postgres.start(authority);
  writeFileSync(
    join(postgres.folder, 'data/pg_hba.conf'),
    'local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
  );
  await postgres.asSuperuser(
    'postgres',
    'select pg_reload_conf()',
    `create role shop login password '${password}'`,
  );
  const roots = join(scratch(), 'database.crt');
  writeFileSync(roots, authority.roots);
  env = {
    PGHOST: 'localhost',
    PGPORT: String(postgres.port),
    PGDATABASE: 'postgres',
    PGUSER: 'shop',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: roots,
  };
});

afterAll(() => postgres.stop());

async function login(variables: Record<string, string>): Promise<unknown> {
  const { config, close } = databaseAccess('shop', variables);
  const client = new pg.Client(config);
  try {
    await client.connect();
    return (await client.query('select current_user as role')).rows;
  } finally {
    await client.end();
    close();
  }
}

it('an app logs in to an external database with a password over TLS', async () => {
  expect(await login({ ...env, PGPASSWORD: password })).toEqual([{ role: 'shop' }]);
  await expect(login({ ...env, PGPASSWORD: 'another one' })).rejects.toThrow(
    'password authentication failed',
  );
});

it('a server with a certificate of another CA gets no password', async () => {
  const roots = join(scratch(), 'database.crt');
  writeFileSync(roots, (await TestAuthority.make('strangers')).roots);
  await expect(login({ ...env, PGPASSWORD: password, PGSSLROOTCERT: roots })).rejects.toThrow(/certificate/);
  await expect(login({ ...env, PGPASSWORD: password, PGSSLROOTCERT: 'system' })).rejects.toThrow(
    /certificate/,
  );
});

it('an app with neither certificate nor password does not start', () => {
  expect(() => databaseAccess('shop', env)).toThrow('PGSSLCERT and PGSSLKEY, or PGPASSWORD');
});
