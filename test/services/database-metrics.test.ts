import { afterAll, beforeAll, expect, it } from 'vitest';
import { metricQueries } from '../../charts/database/metrics.ts';
import { TestAuthority } from './authority.ts';
import { Postgres } from './postgres.ts';

/* What CloudNativePG sends as metrics of a database, asked of a real PostgreSQL. */

const database = 'orders';
let postgres: Postgres;

beforeAll(async () => {
  postgres = await Postgres.start(await TestAuthority.make('metrics'), {
    shared_preload_libraries: 'pg_stat_statements',
    compute_query_id: 'on',
  });
  await postgres.asSuperuser('postgres', `create database ${database}`);
  await postgres.asSuperuser(database, 'create extension pg_stat_statements');
}, 120_000);

afterAll(() => postgres?.stop());

const queries = metricQueries(database);

it.each(Object.entries(queries))(
  'the rows of %s have each set of labels once',
  async (_, { query, metrics }) => {
    // Two roles carry out the same statements, as two apps of one database do.
    for (const role of ['one', 'two']) {
      await postgres.asSuperuser(
        database,
        `do $$ begin create role ${role}; exception when duplicate_object then null; end $$`,
      );
      await postgres.asSuperuser(database, `set role ${role}`, 'select 1 as one', 'reset role');
    }
    const rows = await postgres.asSuperuser(database, query);
    expect(rows.length).toBeGreaterThan(0);
    const columns = metrics.flatMap((column) => Object.entries(column));
    const labels = columns.flatMap(([name, { usage }]) => (usage === 'LABEL' ? [name] : []));
    const sets = rows.map((row) => JSON.stringify(labels.map((name) => row[name])));
    expect(sets.filter((set, i) => sets.indexOf(set) !== i)).toEqual([]);
    const values = columns.filter(([, { usage }]) => usage !== 'LABEL').map(([name]) => name);
    for (const row of rows) for (const name of values) expect(Number(row[name]), name).not.toBeNaN();
  },
);
