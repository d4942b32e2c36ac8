import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { databaseAccess } from '../../../apps/kit/database.ts';
import { migrate } from '../../../apps/kit/migrate.ts';
import type { Cluster } from '../../../model/schema/cluster.ts';
import { databaseName } from '../../../model/schema/database.ts';
import { seedData, sizes } from '../../../scripts/seed/data.ts';
import { planSeed, refuseProduction } from '../../../scripts/seed/seed.ts';
import { cleanAccounts, cleanOrders, seedAccounts, seedOrders } from '../../../scripts/seed/sql.ts';
import { asSuperuser, makeDatabase } from '../postgres.ts';
import { loginAs } from '../world.ts';

const run = (app: string, ...statements: string[]) =>
  asSuperuser(inject('postgres'), databaseName(app), ...statements);

beforeAll(async () => {
  for (const [name, app] of [
    ['seeded-accounts', 'accounts'],
    ['seeded-orders', 'orders'],
  ] as const) {
    await makeDatabase(inject('postgres'), name);
    const owner = databaseAccess('migrations', await loginAs(name, 'owner'));
    const folder = join(import.meta.dirname, `../../../apps/${app}/migrations`);
    await migrate({ config: owner.config, folder, report: () => {} });
    owner.close();
  }
}, 120_000);

describe('a seed', () => {
  it.each(['minimal', 'full', 'load'] as const)('%s is deterministic and has its declared size', (size) => {
    const data = seedData(size);
    expect(seedData(size)).toEqual(data);
    const { people, organisations, orders } = data;
    expect({ people: people.length, organisations: organisations.length, orders: orders.length }).toEqual(
      sizes[size],
    );
    expect(new Set(people.map(({ email }) => email)).size).toBe(people.length);
    expect(organisations.every(({ members }) => members[0]?.role === 'owner')).toBe(true);
  });

  it('is inserted idempotently, and removed without other rows', async () => {
    const data = seedData('full');
    const ids = new Map(data.people.map(({ email }) => [email, randomUUID()]));
    await run(
      'seeded-accounts',
      "insert into people (id, email, name) values ('ada', 'ada@example.org', 'Ada')",
    );
    await run(
      'seeded-orders',
      "insert into orders (customer, total, idempotency_key) values ('Ada', 1, 'real')",
    );
    for (let i = 0; i < 2; i++) {
      await run('seeded-accounts', seedAccounts(data, ids));
      await run('seeded-orders', seedOrders(data));
    }
    const counts = async () => ({
      people: await run('seeded-accounts', 'select count(*)::int as n from people'),
      roles: await run('seeded-accounts', 'select count(*)::int as n from member_roles'),
      orders: await run('seeded-orders', 'select count(*)::int as n from orders'),
      lines: await run('seeded-orders', 'select count(*)::int as n from order_lines'),
    });
    const lines = data.orders.reduce((sum, order) => sum + order.lines.length, 0);
    expect(await counts()).toEqual({
      people: [{ n: 41 }],
      roles: [{ n: 40 }],
      orders: [{ n: 201 }],
      lines: [{ n: lines }],
    });
    await run('seeded-accounts', cleanAccounts);
    await run('seeded-orders', cleanOrders);
    expect(await counts()).toEqual({
      ...{ people: [{ n: 1 }], roles: [{ n: 0 }] },
      ...{ orders: [{ n: 1 }], lines: [{ n: 0 }] },
    });
  });

  it('fills what the environment has, and of a preview its orders alone', () => {
    const signIn = { mail: { kind: 'mailpit' } } as unknown as NonNullable<Cluster['signIn']>;
    const apps = { accounts: null, orders: null } as unknown as Cluster['apps'];
    expect(planSeed({ signIn, apps }, undefined)).toEqual({
      ...{ people: true, accounts: 'accounts', orders: 'orders' },
    });
    expect(planSeed({ signIn: undefined, apps: {} }, undefined)).toEqual({
      ...{ people: false, accounts: undefined, orders: undefined },
    });
    expect(planSeed({ signIn, apps }, 12)).toEqual({
      ...{ people: false, accounts: undefined, orders: 'pr-12-orders' },
    });
  });

  it('is refused in production', () => {
    expect(() => refuseProduction({ name: 'plinth-prod', production: true })).toThrow(
      'plinth-prod is production',
    );
    expect(() => refuseProduction({ name: 'plinth-dev', production: false })).not.toThrow();
  });
});
