import { randomBytes } from 'node:crypto';
import type { Cluster } from '../../model/schema/cluster.ts';
import { accountsOperator, databaseCluster, databaseName } from '../../model/schema/database.ts';
import { previewAppName } from '../../model/schema/previews.ts';
import { kratosPorts } from '../../operators/kratos/config.ts';
import { forwardToPod } from '../call/port-forward.ts';
import { Failure } from '../cli/failure.ts';
import { authorityRoots } from '../cluster/authority-roots.ts';
import { clusterClient } from '../cluster/client.ts';
import { psqlScript } from '../cluster/psql.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { type SeedData, type SeedSize, seedData } from './data.ts';
import { KratosPeople } from './kratos-people.ts';
import { cleanAccounts, cleanOrders, seedAccounts, seedOrders } from './sql.ts';

export type SeedTask = SeedSize | 'clean';

/** Where a seed goes: an environment, or the preview of a pull request in it. */
export interface SeedOptions {
  env: string;
  /** Number of the pull request. */
  pr?: number;
  password?: string;
}

/** What a seed fills, and the name of each app there. */
export interface SeedPlan {
  people: boolean;
  accounts: string | undefined;
  orders: string | undefined;
}

/** A preview has orders alone: people and their organisations are those of its environment, which it must not change. */
export function planSeed(
  { signIn, apps }: Pick<Cluster, 'signIn' | 'apps'>,
  pr: number | undefined,
): SeedPlan {
  if (pr !== undefined) return { people: false, accounts: undefined, orders: previewAppName(pr, 'orders') };
  const known = (app: string) => (Object.hasOwn(apps, app) ? app : undefined);
  return { people: signIn !== undefined, accounts: known('accounts'), orders: known('orders') };
}

/** Carries out the command; returns the exit code. What an earlier seed made goes first. */
export async function seed(what: SeedTask, options: SeedOptions): Promise<number> {
  const cluster = readCluster(options.env);
  refuseProduction(cluster);
  const here = planSeed(cluster, options.pr);
  const data = what === 'clean' ? undefined : seedData(what);
  const password = options.password ?? randomBytes(12).toString('base64url');
  if (here.orders) await inDatabase(cluster, here.orders, cleanOrders, data && seedOrders(data));
  if (here.accounts) await inDatabase(cluster, here.accounts, cleanAccounts);
  if (here.people) {
    const ids = await peopleOf(cluster, data, password);
    if (here.accounts && data) await inDatabase(cluster, here.accounts, seedAccounts(data, ids));
  }
  for (const line of said(data, here, password)) process.stdout.write(`${line}\n`);
  return 0;
}

export function refuseProduction({ name, production }: Pick<Cluster, 'name' | 'production'>): void {
  if (!production) return;
  throw new Failure(
    `${name} is production: made-up people and orders have no place there.`,
    'Name another environment: npm run seed -- minimal --env dev',
  );
}

async function inDatabase(cluster: Cluster, app: string, ...scripts: (string | undefined)[]): Promise<void> {
  const { core } = clusterClient(cluster.name);
  const { items } = await core.listNamespacedPod({
    namespace: app,
    labelSelector: `cnpg.io/cluster=${databaseCluster(app)},cnpg.io/instanceRole=primary`,
  });
  const pod = items[0]?.metadata?.name;
  if (pod === undefined)
    throw new Failure(`the database of ${app} has no primary in ${cluster.name}.`, 'See why: npm run status');
  const script = scripts.filter((each) => each !== undefined).join('\n');
  await psqlScript(cluster.name, { namespace: app, pod }, databaseName(app), script);
}

/** Brings the accounts at Kratos to what the data says; returns ids by address. */
async function peopleOf(
  cluster: Cluster,
  data: SeedData | undefined,
  password: string,
): Promise<Map<string, string>> {
  const roots = await authorityRoots(clusterClient(cluster.name), accountsOperator);
  const forward = await forwardToPod(cluster.name, accountsOperator, kratosPorts.admin);
  try {
    const people = new KratosPeople({
      ...{ protocol: 'https:', host: '127.0.0.1', port: forward.port },
      servername: `${accountsOperator}.${accountsOperator}.svc.cluster.local`,
      ca: roots,
    } as ConstructorParameters<typeof KratosPeople>[0]);
    for (const id of (await people.seeded()).values()) await people.destroy(id);
    const ids = new Map<string, string>();
    for (const each of data?.people ?? []) ids.set(each.email, await people.insert(each, password));
    return ids;
  } finally {
    forward.close();
  }
}

function said(data: SeedData | undefined, here: SeedPlan, password: string): string[] {
  if (data === undefined) return ['what seeds made is removed'];
  const people = `people: ${data.people.length}, such as ${data.people[0]?.email}, with the password ${password}`;
  return [
    here.people ? people : 'no people: these are of an environment with signIn',
    here.accounts
      ? `organisations: ${data.organisations.length}`
      : 'no organisations: accounts does not run here',
    here.orders ? `orders: ${data.orders.length}` : 'no orders: orders does not run here',
  ];
}
