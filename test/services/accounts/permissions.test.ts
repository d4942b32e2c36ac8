import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { beyond, builtInRoles, permits } from '../../../apps/accounts/src/permissions.ts';
import { fetchPermissions, insertMember } from '../../../apps/accounts/src/repository/members.ts';
import { insertOrganisation } from '../../../apps/accounts/src/repository/organisations.ts';
import { insertPerson } from '../../../apps/accounts/src/repository/people.ts';
import { insertRole } from '../../../apps/accounts/src/repository/roles.ts';
import { Database, databaseAccess } from '../../../apps/kit/database.ts';
import { loginAs } from '../world.ts';
import { AccountsWorld } from './world.ts';

let world: AccountsWorld;
let database: Database;

beforeAll(async () => {
  world = await AccountsWorld.start('permitted');
  database = new Database(databaseAccess('test', await loginAs(world.database, 'read-write')));
}, 120_000);

afterAll(async () => {
  await database?.close();
  await world?.stop();
});

const permission = fc.constantFrom(
  'orders.place',
  'orders.read',
  'members.read',
  'members.update',
  'keys.create',
);
const roleName = fc.constantFrom('clerk', 'helper', 'auditor');
const roles = fc.dictionary(roleName, fc.uniqueArray(permission), { minKeys: 1 });

it("a person may do exactly what one of the person's roles in that organisation permits", async () => {
  await fc.assert(
    fc.asyncProperty(
      roles,
      roles,
      fc.uniqueArray(roleName),
      permission,
      async (here, there, given, wanted) => {
        const person = `p${Math.random().toString(36).slice(2)}`;
        await insertPerson(database, { id: person, email: `${person}@example.org`, name: '' });
        const organisations = [];
        for (const each of [here, there]) {
          const { id } = await insertOrganisation(database, 'Random');
          for (const [name, permissions] of Object.entries(each))
            await insertRole(database, id, { name, description: '', permissions });
          organisations.push(id);
        }
        const [first = '', second = ''] = organisations;
        const held = given.filter((name) => Object.hasOwn(here, name));
        await insertMember(database, first, person, held);
        const expected = held.some((name) => here[name]?.includes(wanted));
        expect(permits((await fetchPermissions(database, first, person)) ?? [], wanted)).toBe(expected);
        // What the same roles permit elsewhere is nothing to a stranger.
        expect(await fetchPermissions(database, second, person)).toBeUndefined();
      },
    ),
    { numRuns: 40 },
  );
});

it("the permissions beyond one's own are exactly the missing ones, and none for '*'", () => {
  fc.assert(
    fc.property(fc.uniqueArray(permission), fc.uniqueArray(permission), (held, given) => {
      expect(beyond(held, given)).toEqual(given.filter((each) => !held.includes(each)));
      expect(beyond(['*'], [...given, '*'])).toEqual([]);
      expect(beyond(held, ['*'])).toEqual(['*']);
    }),
  );
});

interface Command {
  by: string;
  what: 'role' | 'member' | 'remove';
  on: string;
  role: string;
  permissions: string[];
}

const command: fc.Arbitrary<Command> = fc.record({
  by: fc.constantFrom('admin', 'second', 'member'),
  what: fc.constantFrom('role' as const, 'member' as const, 'remove' as const),
  on: fc.constantFrom('owner', 'admin', 'second', 'member'),
  role: fc.constantFrom('clerk', 'helper', 'administrator', 'member', 'owner'),
  permissions: fc.uniqueArray(
    fc.constantFrom('orders.place', 'members.read', 'roles.update', 'organisation.delete'),
  ),
});

it('no sequence of requests grants a permission that none of their senders had', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
      const names = { owner: 'owner', admin: 'administrator', second: 'administrator', member: 'member' };
      const { id } = await insertOrganisation(database, 'Attacked');
      for (const [person, role] of Object.entries(names)) {
        world.directory.add(person);
        await insertPerson(database, { id: person, email: `${person}@example.org`, name: '' });
        await insertMember(database, id, person, [role]);
      }
      const at = `/v1/organisations/${id}`;
      const administrator = builtInRoles.find(({ name }) => name === 'administrator')?.permissions ?? [];
      for (const { by, what, on, role, permissions } of commands) {
        const token = world.token(by);
        if (what === 'role') await world.ask('PUT', `${at}/roles/${role}`, { token, body: { permissions } });
        if (what === 'member')
          await world.ask('PUT', `${at}/members/${on}`, { token, body: { roles: [role] } });
        if (what === 'remove') await world.ask('DELETE', `${at}/members/${on}`, { token });
        for (const person of ['admin', 'second', 'member']) {
          expect(beyond(administrator, (await fetchPermissions(database, id, person)) ?? [])).toEqual([]);
        }
        expect(await fetchPermissions(database, id, 'owner')).toEqual(['*']);
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
