import { join } from 'node:path';
import type { ChannelCredentials, ClientOptions } from '@grpc/grpc-js';
import { inject } from 'vitest';
import { migrateJobs } from '../../apps/jobs/migrations/schema.ts';
import { startJobs } from '../../apps/jobs/src/jobs.ts';
import { clientCredentials, clientOptions } from '../../apps/kit/client.ts';
import { databaseAccess } from '../../apps/kit/database.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { migrate } from '../../apps/kit/migrate.ts';
import type { Service } from '../../apps/kit/service.ts';
import { startOrders } from '../../apps/orders/src/orders.ts';
import { databaseRole } from '../../model/schema/database.ts';
import { TestAuthority } from './authority.ts';
import { scratch, writeIdentity } from './identity-folder.ts';
import { databaseEnv, makeDatabase, type PostgresAddress } from './postgres.ts';

type Access = 'owner' | 'read-write' | 'read-only';

const root = join(import.meta.dirname, '../..');
const anyPort = { mutual: 0, plain: 0 };

/** The authority of the tests' Postgres. */
export function databaseAuthority(): Promise<TestAuthority> {
  return TestAuthority.load(inject('postgres').authority);
}

/** A new folder with a certificate in it. */
export async function identity(
  authority: TestAuthority,
  commonName: string,
  dnsNames: string[] = [],
): Promise<string> {
  const folder = scratch();
  writeIdentity(folder, await authority.issue({ commonName, dnsNames }), authority.roots);
  return folder;
}

/** The variables by which a role of an app's database logs in. */
export async function loginAs(
  app: string,
  access: Access,
  at: PostgresAddress = inject('postgres'),
): Promise<Record<string, string>> {
  const folder = await identity(await databaseAuthority(), databaseRole(app, access));
  return databaseEnv(at, app, access, folder);
}

/** A service of its own authority, as a cluster runs it. */
export interface Running {
  service: Service;
  authority: TestAuthority;
  /** `localhost:PORT`. */
  address: string;
  /** Of its own certificate. */
  folder: string;
}

/** `jobs` on a new database of that name. `more`: variables beside those of every test. */
export async function runJobs(
  database: string,
  callers: string[],
  at: PostgresAddress = inject('postgres'),
  more: Record<string, string> = {},
): Promise<Running> {
  await makeDatabase(at, database);
  await migrateJobs(databaseAccess('migrations', await loginAs(database, 'owner', at)), () => {});
  return startJobsOn(database, callers, await TestAuthority.make('jobs'), { at, more });
}

/** Another replica of it. */
export async function startJobsOn(
  database: string,
  callers: string[],
  authority: TestAuthority,
  {
    port = 0,
    at = inject('postgres'),
    more = {},
  }: { port?: number; at?: PostgresAddress; more?: Record<string, string> } = {},
): Promise<Running> {
  const folder = await identity(authority, 'jobs', ['localhost', 'jobs.jobs.svc.cluster.local']);
  const service = await startJobs({
    env: {
      ...(await loginAs(database, 'read-write', at)),
      ...{ IDENTITY_DIR: folder, CALLERS: callers.join(','), ...more },
    },
    page: join(root, 'apps/jobs/page'),
    ports: { mutual: port, plain: 0 },
  });
  return { service, authority, folder, address: `localhost:${service.port}` };
}

/** `orders` on a new database of that name, with `jobs` at an address. `more`: variables beside those of every test. */
export async function runOrders(
  database: string,
  callers: string[],
  jobs: Pick<Running, 'authority' | 'address'>,
  at: PostgresAddress = inject('postgres'),
  more: Record<string, string> = {},
): Promise<Running & { env: Record<string, string> }> {
  await makeDatabase(at, database);
  const owner = databaseAccess('migrations', await loginAs(database, 'owner', at));
  await migrate({ config: owner.config, folder: join(root, 'apps/orders/migrations'), report: () => {} });
  owner.close();
  const authority = await TestAuthority.make('orders');
  const folder = await identity(authority, 'orders', ['localhost', 'orders.orders.svc.cluster.local']);
  const env = {
    ...(await loginAs(database, 'read-write', at)),
    IDENTITY_DIR: folder,
    CALLERS: callers.join(','),
    JOBS_ADDRESS: jobs.address,
    JOBS_IDENTITY_DIR: await identity(jobs.authority, 'orders'),
    ...more,
  };
  const service = await startOrders({ env, ports: anyPort });
  return { service, authority, folder, address: `localhost:${service.port}`, env };
}

/** A client with the certificate in a folder, which it reads again when it is renewed. */
export function connect<C>(
  Client: new (address: string, credentials: ChannelCredentials, options: ClientOptions) => C,
  address: string,
  folder: string,
  options: ClientOptions = {},
): C {
  return new Client(address, clientCredentials(new IdentityFolder(folder)), { ...clientOptions, ...options });
}

/** Until something holds; what it returns then. */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  seconds = 15,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
