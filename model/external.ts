import type { App } from './app.ts';
import type { Cluster } from './schema/cluster.ts';
import { type DatabaseRights, databaseLogin, databaseUse } from './schema/database.ts';
import type { ExternalDatabase, Login } from './schema/external.ts';

/** The external database that replaces the one of an app; undefined if it runs in the cluster. */
export function externalDatabase(
  { external }: Pick<Cluster, 'external'>,
  owner: string,
): ExternalDatabase | undefined {
  return Object.hasOwn(external.databases, owner) ? external.databases[owner] : undefined;
}

/** The login for an access to an external database. */
export function loginOf({ login }: ExternalDatabase, access: DatabaseRights): Login {
  const name = databaseLogin(access);
  return login === 'password'
    ? { name, keys: ['PGPASSWORD'], as: 'variables' }
    : { name, keys: ['tls.crt', 'tls.key'], as: 'files' };
}

/** Whether an app sends mail. */
export function usesMail({ uses }: Pick<App, 'uses'>): boolean {
  return uses.some(({ kind }) => kind === 'mail');
}

/** Whether Mailpit takes the mail of apps: where the accounts have it and no other server is named. */
export function mailpitForApps({ external, signIn }: Pick<Cluster, 'external' | 'signIn'>): boolean {
  return external.mail === undefined && signIn?.mail.kind === 'mailpit';
}

/** The logins of an app's own pods in an environment. */
export function loginsOf(app: Pick<App, 'uses'>, cluster: Pick<Cluster, 'external'>): Login[] {
  const use = databaseUse(app);
  const database = use && externalDatabase(cluster, use.of);
  const mail = usesMail(app) && cluster.external.mail?.login === 'password';
  return [
    ...(use && database ? [loginOf(database, use.as)] : []),
    ...(mail ? [{ name: 'mail', keys: ['SMTP_PASSWORD', 'SMTP_USER'], as: 'variables' as const }] : []),
  ];
}

/** The login for the migrations of an app with an external database. */
export function migrationsLogin(
  { name, database }: Pick<App, 'name' | 'database'>,
  cluster: Pick<Cluster, 'external'>,
): Login | undefined {
  const external = externalDatabase(cluster, name);
  return external === undefined || database?.migrations === undefined
    ? undefined
    : loginOf(external, 'owner');
}

/** All secrets that an app reads in an environment: those in app.ts, and the logins of external services. */
export function secretsRead(app: App, cluster: Pick<Cluster, 'external'>): Login[] {
  const own = app.uses.filter((use) => use.kind === 'secret');
  const logins = [...loginsOf(app, cluster), migrationsLogin(app, cluster)].filter(
    (login) => login !== undefined,
  );
  const byName = new Map(logins.map((login) => [login.name, login]));
  return [...own, ...byName.values()];
}
