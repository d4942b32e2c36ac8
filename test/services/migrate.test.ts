import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { migrateJobs } from '../../apps/jobs/migrations/schema.ts';
import { databaseAccess } from '../../apps/kit/database.ts';
import { asJob, migrate } from '../../apps/kit/migrate.ts';
import { scratch } from './identity-folder.ts';
import { asSuperuser, makeDatabase } from './postgres.ts';
import { loginAs } from './world.ts';

let env: Record<string, string>;

beforeAll(async () => {
  await makeDatabase(inject('postgres'), 'shop');
  env = await loginAs('shop', 'owner');
});

/** A folder of SQL files, and how it is run. */
function files(sql: Record<string, string>) {
  const folder = scratch();
  const add = (more: Record<string, string>) => {
    for (const [name, text] of Object.entries(more)) writeFileSync(join(folder, name), text);
  };
  add(sql);
  const run = async (as = env) => {
    const access = databaseAccess('migrations', as);
    const lines: string[] = [];
    try {
      await migrate({ config: access.config, folder, report: (line) => lines.push(line) });
      return lines;
    } finally {
      access.close();
    }
  };
  return { add, run };
}

const rows = (statement: string) => asSuperuser(inject('postgres'), 'shop', statement);

describe('migrations', () => {
  const good = files({
    '001-shop.sql': 'create table shop (id int); insert into shop values (1);',
    '002-more.sql': 'insert into shop values (2);',
  });

  it('run once and in order, also by concurrent processes', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => good.run()));
    expect(
      all
        .flat()
        .filter((line) => line.endsWith('applied'))
        .sort(),
    ).toEqual(['001-shop.sql: applied', '002-more.sql: applied']);
    expect(await good.run()).toEqual(['the database is up to date']);
    expect(await rows('select id from shop order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('that fail report the place, and change nothing', async () => {
    good.add({ '003-bad.sql': 'create table half (id int);\n\ninsert into nowhere values (1);\n' });
    await expect(good.run()).rejects.toThrow('003-bad.sql:3:13: relation "nowhere" does not exist');
    expect(await rows(`select to_regclass('half') as half`)).toEqual([{ half: null }]);
    good.add({ '003-bad.sql': 'create table half (id int);' });
    expect(await good.run()).toContain('003-bad.sql: applied');
  });

  it('that are invalid are not retried by their Job, unlike an unreachable database', async () => {
    const code = async (work: () => Promise<unknown>) => {
      await asJob(async () => void (await work()));
      const { exitCode } = process;
      process.exitCode = undefined;
      return exitCode;
    };
    expect(await code(good.run)).toBeUndefined();
    expect(await code(files({ '001-shop.sql': 'x' }).run)).toBe(2);
    const { config, close } = databaseAccess('migrations', { ...env, PGPORT: '1' });
    expect(await code(() => migrate({ config, report: () => {}, patienceSeconds: 0 }))).toBe(1);
    close();
  });

  it('that ran must not change', async () => {
    good.add({ '002-more.sql': 'insert into shop values (3);' });
    await expect(good.run()).rejects.toThrow('002-more.sql was changed after it ran');
    await expect(files({ '001-shop.sql': 'x' }).run()).rejects.toThrow(
      '001-shop.sql was changed after it ran',
    );
    await expect(files({}).run()).rejects.toThrow('is not among the files any more');
  });

  it('wait for the database', async () => {
    await makeDatabase(inject('postgres'), 'late');
    const late = await loginAs('late', 'owner');
    const database = { host: late.PGHOST ?? '', port: Number(late.PGPORT) };
    const door = createServer((caller) => {
      const behind = connect(database);
      caller.pipe(behind).pipe(caller);
      for (const end of [caller, behind])
        end.on('error', () => [caller, behind].map((each) => each.destroy()));
    });
    door.listen(0, database.host);
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    door.close();
    await once(door, 'close');

    const access = databaseAccess('migrations', { ...late, PGPORT: String(port) });
    const lines: string[] = [];
    const report = (line: string) => {
      if (lines.push(line) === 1) door.listen(port, database.host);
    };
    await migrate({ config: access.config, report, after: async () => report('after') }).finally(() => {
      access.close();
      door.close();
    });
    expect(lines).toEqual([
      expect.stringMatching(/^waiting for the database: connect ECONNREFUSED/),
      'after',
      'the database is up to date',
    ]);
  });

  it.each(['read-write', 'read-only'] as const)(
    'that ran are noted where a %s role can neither write nor read, nor make a table of that name before',
    async (access) => {
      const login = await loginAs('shop', access);
      const { config, close } = databaseAccess('migrations', login);
      const client = new pg.Client(config);
      await client.connect();
      try {
        for (const statement of [
          'select * from plinth.migrations',
          "insert into plinth.migrations values ('009-mine.sql', 'x')",
          "update plinth.migrations set sha256 = 'x'",
          'delete from plinth.migrations',
          'truncate plinth.migrations',
          'create table plinth.mine (id int)',
          'create schema mine',
        ]) {
          await expect(client.query(statement), statement).rejects.toThrow('permission denied');
        }
        expect((await client.query(`select to_regclass('public.migrations') as earlier`)).rows).toEqual([
          { earlier: null },
        ]);
      } finally {
        await client.end();
        close();
      }
    },
  );

  it('recorded in public.migrations by earlier versions are taken over', async () => {
    await makeDatabase(inject('postgres'), 'early');
    const early = await loginAs('early', 'owner');
    const { run } = files({ '001-shop.sql': 'create table shop (id int);' });
    const { config, close } = databaseAccess('migrations', early);
    const client = new pg.Client(config);
    await client.connect();
    const note = createHash('sha256').update('create table shop (id int);').digest('hex');
    await client.query(
      'create table migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    );
    await client.query("insert into migrations values ('001-shop.sql', $1)", [note]);
    await client.end();
    close();
    expect(await run(early)).toEqual(['the database is up to date']);
    const at = (statement: string) => asSuperuser(inject('postgres'), 'early', statement);
    expect(await at('select name, sha256 from plinth.migrations')).toEqual([
      { name: '001-shop.sql', sha256: note },
    ]);
    expect(
      await at(
        `select has_table_privilege('early_rw', 'plinth.migrations', 'insert, update, delete, select') as written,
                to_regclass('public.migrations') as earlier`,
      ),
    ).toEqual([{ written: false, earlier: null }]);
  });

  it("leave an app's own table named 'migrations' unchanged", async () => {
    await makeDatabase(inject('postgres'), 'own');
    const own = await loginAs('own', 'owner');
    const { run } = files({ '001-own.sql': 'create table migrations (bird text);' });
    expect(await run(own)).toContain('001-own.sql: applied');
    expect(await run(own)).toEqual(['the database is up to date']);
    expect(
      await asSuperuser(inject('postgres'), 'own', `select to_regclass('public.migrations')::text as own`),
    ).toEqual([{ own: 'migrations' }]);
  });

  it("of the queue's tables can run repeatedly and concurrently", async () => {
    const lines: string[] = [];
    const run = () => migrateJobs(databaseAccess('migrations', env), (line) => lines.push(line));
    // Its own notes are in another database than those above.
    await makeDatabase(inject('postgres'), 'queue');
    env = await loginAs('queue', 'owner');
    await Promise.all([run(), run()]);
    await run();
    expect(lines.filter((line) => line.startsWith('pg-boss: schema'))).toHaveLength(3);
  });
});
