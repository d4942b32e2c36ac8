import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { grants } from '../../charts/database/grants.ts';
import { appName } from '../../model/schema/app-name.ts';
import { databaseName, databaseRole } from '../../model/schema/database.ts';
import { faultOfDatabase, faultOfRole, quotedName } from '../../model/schema/postgres-names.ts';
import { asSuperuser } from './postgres.ts';

const at = inject('postgres');

/** One database that takes one name after the other: to make one takes the server longer. */
let name = 'names';

beforeAll(async () => {
  await asSuperuser(at, 'postgres', `create database ${quotedName(name)}`);
});

afterAll(async () => {
  await asSuperuser(at, 'postgres', `drop database ${quotedName(name)}`);
});

it('an app named like any SQL keyword gets its roles and grants', async () => {
  // Words that the server does not accept as names without quotes (PostgreSQL, 'SQL Key Words': reserved, wholly or but for functions).
  const found = await asSuperuser(
    at,
    'postgres',
    "select word from pg_get_keywords() where catcode in ('R', 'T')",
  );
  const apps = found.map(({ word }) => String(word).replaceAll('_', '-'));
  const taken = apps.filter((app) => appName.safeParse(app).success);
  expect(taken).toEqual(expect.arrayContaining(['order', 'user', 'all', 'current-user']));
  for (const app of taken) {
    expect(faultOfDatabase(databaseName(app)), app).toBeUndefined();
    await asSuperuser(
      at,
      'postgres',
      `alter database ${quotedName(name)} rename to ${quotedName(databaseName(app))}`,
    );
    name = databaseName(app);
    const owner = quotedName(databaseRole(app, 'owner'));
    await asSuperuser(at, name, 'begin', `create role ${owner} login`, ...grants(app), 'rollback');
  }
});

it.each(['pg', 'pg-stat', 'pg-monitor'])(
  'no role of an app named %s can be made, and the model says so',
  async (app) => {
    const role = databaseRole(app, 'read-write');
    expect(faultOfRole(role)).toContain('pg_');
    await expect(asSuperuser(at, 'postgres', `create role ${quotedName(role)}`)).rejects.toThrow(
      /is reserved/,
    );
  },
);

it('the refused database names are exactly those that exist in Postgres', async () => {
  const rows = await asSuperuser(
    at,
    'postgres',
    'select datname from pg_database where oid < 16384 order by datname',
  );
  const there = rows.map(({ datname }) => String(datname));
  expect(there).toEqual(['postgres', 'template0', 'template1']);
  for (const each of there) expect(faultOfDatabase(each)).toContain(each);
});

it('the maximum name length equals that of the server', async () => {
  const [row] = await asSuperuser(at, 'postgres', 'show max_identifier_length');
  const longest = Number(row?.max_identifier_length);
  expect(faultOfRole('a'.repeat(longest))).toBeUndefined();
  expect(faultOfRole('a'.repeat(longest + 1))).toContain(`${longest}`);
});
