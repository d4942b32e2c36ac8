import { externalDatabase } from './external.ts';
import type { Environment, EnvironmentApp } from './graph.ts';
import { awsAccount } from './schema/aws-role.ts';
import type { ExternalStore } from './schema/cluster/secrets.ts';
import type { Cluster } from './schema/cluster.ts';

/** The operator that copies secrets from an external store, and its namespace. Each app has a pod of its own name there. */
export const secretsOperator = 'external-secrets';

/** Audience of the tokens by which apps log in to OpenBao. The API server does not accept them. */
export const openBaoAudience = 'openbao';

/** Whether an app reads any secret from a store outside of the cluster. */
export function readsExternalStore(
  { name, uses, logins, migrationsRef }: EnvironmentApp,
  cluster: Pick<Cluster, 'secrets' | 'external'>,
): boolean {
  if (cluster.secrets.external === undefined) return false;
  const migrates = migrationsRef !== undefined && externalDatabase(cluster, name) !== undefined;
  return uses.some(({ kind }) => kind === 'secret') || logins.length > 0 || migrates;
}

/** The apps of an environment that do. */
export function appsWithStore({ apps, cluster }: Pick<Environment, 'apps' | 'cluster'>): EnvironmentApp[] {
  return apps.filter((app) => readsExternalStore(app, cluster));
}

/** Path of a secret in a store: PREFIX/ENV/APP/NAME. */
export function remoteKey(
  { prefix }: ExternalStore,
  place: { environment: string; app: string; name: string },
): string {
  return `${remoteFolder({ prefix }, place)}/${place.name}`;
}

/** Path of all secrets of an app in a store: PREFIX/ENV/APP. */
export function remoteFolder(
  { prefix }: Pick<ExternalStore, 'prefix'>,
  { environment, app }: { environment: string; app: string },
): string {
  return [...(prefix === undefined ? [] : [prefix]), environment, app].join('/');
}

/** Name of the account in an app's namespace whose token OpenBao accepts. It has no rights in the cluster. */
export function storeAccount(app: string): string {
  return `${app}-secrets`;
}

/** Name part of the role in AWS that reads the secrets of an app. */
export function storeRole(app: string): string {
  return `${app}-secrets`;
}

/** What people call a store. */
export function storeTitle({ kind }: Pick<ExternalStore, 'kind'>): string {
  return kind === 'aws' ? 'AWS Secrets Manager' : 'OpenBao';
}

/** Whether the stacks create the roles by which apps read AWS Secrets Manager. */
export function hasStoreRoles(cluster: Pick<Cluster, 'provider'>): boolean {
  return awsAccount(cluster) !== undefined;
}

/** Port of an OpenBao server. */
export function serverPort(server: string): number {
  const { port } = new URL(server);
  return port === '' ? 443 : Number(port);
}
