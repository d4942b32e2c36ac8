import { createHash } from 'node:crypto';
import { en, Faker } from '@faker-js/faker';

/** A change of what is made by the same size gets another number: `seed` then removes what the version before made. */
export const seedVersion = 1;

/** People and organisations that a seed makes, and orders. */
export const sizes = {
  minimal: { people: 3, organisations: 1, orders: 5 },
  full: { people: 40, organisations: 6, orders: 200 },
  load: { people: 2_000, organisations: 100, orders: 20_000 },
} as const;
export type SeedSize = keyof typeof sizes;

export interface SeedPerson {
  email: string;
  name: string;
}

export interface SeedOrganisation {
  id: string;
  name: string;
  /** The first is the owner. */
  members: { email: string; role: 'owner' | 'administrator' | 'member' }[];
}

export interface SeedOrder {
  key: string;
  customer: string;
  lines: { sku: string; quantity: number; unitPrice: number }[];
}

export interface SeedData {
  people: SeedPerson[];
  organisations: SeedOrganisation[];
  orders: SeedOrder[];
}

/** Addresses of seeded people, by which they are found again: nobody can have one (RFC 2606, section 2). */
export const seedDomain = 'seed.test';
/** How keys of seeded orders begin. */
export const seedKey = 'seed-';

/** The same for the same size, on every machine. */
export function seedData(size: SeedSize): SeedData {
  const faker = new Faker({ locale: en, seed: seedVersion });
  const wanted = sizes[size];
  const people = Array.from({ length: wanted.people }, (_, i) => {
    const [first, last] = [faker.person.firstName(), faker.person.lastName()];
    const local = `${first}.${last}`.toLowerCase().replaceAll(/[^a-z.]/g, '');
    return { email: `${local}.${i}@${seedDomain}`, name: `${first} ${last}` };
  });
  const each = Math.ceil(people.length / wanted.organisations);
  const organisations = Array.from({ length: wanted.organisations }, (_, i) => {
    const name = faker.company.name();
    const members = people
      .slice(i * each, (i + 1) * each)
      .map(({ email }, n) => ({ email, role: roleOf(n) }));
    return { id: idOf(`organisation ${i}`), name, members };
  });
  const orders = Array.from({ length: wanted.orders }, (_, i) => ({
    key: `${seedKey}${seedVersion}-${i}`,
    customer: faker.helpers.arrayElement(people).name,
    lines: Array.from({ length: faker.number.int({ min: 1, max: 4 }) }, () => ({
      sku: `plinth-${faker.number.int({ min: 1, max: 50 })}`,
      quantity: faker.number.int({ min: 1, max: 5 }),
      unitPrice: faker.number.int({ min: 100, max: 20_000 }),
    })),
  }));
  return { people, organisations, orders };
}

function roleOf(n: number): 'owner' | 'administrator' | 'member' {
  return n === 0 ? 'owner' : n === 1 ? 'administrator' : 'member';
}

/** Ids of seeded organisations begin with this, whatever the version. */
export const seedIds = '5eed0000-';

/** A UUID that is always the same (RFC 9562, section 5.8). */
function idOf(name: string): string {
  const hash = createHash('sha256').update(`${seedVersion} ${name}`).digest('hex');
  return `${seedIds}${hash.slice(0, 4)}-8${hash.slice(4, 7)}-8${hash.slice(7, 10)}-${hash.slice(10, 22)}`;
}
