import type { App, Use } from '../app.ts';
import type { Environment } from '../graph.ts';
import type { RetiredDatabase } from './cluster/retired.ts';
import type { Cluster } from './cluster.ts';

/** Rights of an edge to a database. */
export type DatabaseRights = Use<'database'>['as'];

const suffixes: Readonly<Record<DatabaseRights, string>> = {
  'read-write': 'rw',
  'read-only': 'ro',
  owner: 'owner',
};

/** Every way to use a database, the strongest first. */
export const accesses: readonly DatabaseRights[] = ['owner', 'read-write', 'read-only'];

/** Name of an app's Postgres cluster. */
export function databaseCluster(app: string): string {
  return `${app}-db`;
}

/** Name of the database in it; an SQL name without quotes cannot have a dash. */
export function databaseName(app: string): string {
  return app.replaceAll('-', '_');
}

/** Postgres role for the given rights, which is also the CN of its client certificates. */
export function databaseRole(app: string, access: DatabaseRights): string {
  return `${databaseName(app)}_${suffixes[access]}`;
}

/** Name of the Certificate for such a role and of its Secret. */
export function databaseClient(app: string, access: DatabaseRights): string {
  return `${databaseCluster(app)}-${suffixes[access]}`;
}

/** Name of the secret with which an app logs in to an external database. */
export function databaseLogin(access: DatabaseRights): string {
  return `database-${suffixes[access]}`;
}

/** A database, described by its app, by `signIn` of cluster.yaml or, once its owner is gone, by `retired` there. */
export interface OwnedDatabase {
  /** The app or operator that owns or owned it; also the name of its namespace. */
  app: string;
  storage: string;
  /** Whether a Job of its owner migrates its schema. */
  migrated: boolean;
  /** Its extensions. */
  extensions: readonly string[];
  /** Workloads of an operator that read and write it. Default: none; an app declares its access by an edge. */
  workloads?: readonly string[];
}

/** Kratos, the operator that stores accounts of people in a database: name of the operator, its namespace and its Service. */
export const accountsOperator = 'kratos';

/** Name of the single pod that sends its mails. */
export const accountsCourier = 'kratos-courier';

/**
 * The databases that run in an environment: those of its apps, that of accounts, and retired ones with `data: keep`.
 */
export function databasesOf({ apps, cluster }: Pick<Environment, 'apps' | 'cluster'>): OwnedDatabase[] {
  return [
    ...apps.flatMap(({ name, database }) =>
      database === undefined
        ? []
        : [
            {
              app: name,
              storage: database.storage,
              migrated: database.migrations !== undefined,
              extensions: database.extensions,
            },
          ],
    ),
    ...(cluster.signIn === undefined
      ? []
      : [
          {
            app: accountsOperator,
            storage: cluster.signIn.storage,
            migrated: true,
            extensions: [],
            workloads: [accountsOperator, accountsCourier],
          },
        ]),
    ...retiredDatabases(cluster).flatMap((each) =>
      each.data === 'keep'
        ? [{ app: each.database, storage: each.storage, migrated: false, extensions: [] }]
        : [],
    ),
  ];
}

/** The databases whose app is gone or no longer owns one. */
export function retiredDatabases({ retired }: Pick<Cluster, 'retired'>): RetiredDatabase[] {
  return retired.filter((each) => 'database' in each);
}

/** The entry of `retired` in cluster.yaml for the database of an app. */
export function retirement(
  { cluster }: Pick<Environment, 'cluster'>,
  app: string,
): RetiredDatabase | undefined {
  return retiredDatabases(cluster).find(({ database }) => database === app);
}

/** Name of an app's component that migrates its schema. */
export function migrationsName(app: string): string {
  return `${app}-migrations`;
}

/** The edge of an app to a database, if it has one; there is at most one. */
export function databaseUse(app: Pick<App, 'uses'>): Use<'database'> | undefined {
  return app.uses.find((use) => use.kind === 'database');
}
