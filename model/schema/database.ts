import type { App, Use } from '../app.ts';
import type { Environment } from '../graph.ts';
import type { Cluster, RetiredDatabase } from './cluster.ts';

/** What an edge to a database says about rights. */
export type DatabaseRights = Use<'database'>['as'];

const suffixes: Readonly<Record<DatabaseRights, string>> = {
  'read-write': 'rw',
  'read-only': 'ro',
  owner: 'owner',
};

/** Every way to use a database, the strongest first. */
export const accesses: readonly DatabaseRights[] = ['owner', 'read-write', 'read-only'];

/** The name of the Postgres cluster that an app owns. */
export function databaseCluster(app: string): string {
  return `${app}-db`;
}

/** The database in it; SQL takes no dash in a name without quotes. */
export function databaseName(app: string): string {
  return app.replaceAll('-', '_');
}

/** The role of an access, which is also the CN of the certificates that log in as it. */
export function databaseRole(app: string, access: DatabaseRights): string {
  return `${databaseName(app)}_${suffixes[access]}`;
}

/** The name of a Certificate for such a role and of its Secret. */
export function databaseClient(app: string, access: DatabaseRights): string {
  return `${databaseCluster(app)}-${suffixes[access]}`;
}

/** The secret by which an app logs in to a database that others provide. */
export function databaseLogin(access: DatabaseRights): string {
  return `database-${suffixes[access]}`;
}

/** A database as it is described, by its app, by `signIn` of cluster.yaml or, once its owner is gone, by `retired` there. */
export interface OwnedDatabase {
  /** The app or the operator that owns it, or did: also the name of its namespace. */
  app: string;
  storage: string;
  /** Whether a Job of its owner brings its schema up to date. */
  migrated: boolean;
  /** Extensions that stand in it. */
  extensions: readonly string[];
  /** Workloads of an operator that read and write it. Default: none; apps say it by an edge. */
  workloads?: readonly string[];
}

/** The operator that keeps accounts of people in a database, Kratos: its name, its namespace and its Service. */
export const accountsOperator = 'kratos';

/** The one pod that sends its mails. */
export const accountsCourier = 'kratos-courier';

/**
 * The databases that run in an environment: those of its apps, that of accounts, and those that are retired with their data
 * kept.
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

/** The databases whose app is gone or owns none any more. */
export function retiredDatabases({ retired }: Pick<Cluster, 'retired'>): RetiredDatabase[] {
  return retired.filter((each) => 'database' in each);
}

/** What cluster.yaml says of the database that an app owned. */
export function retirement(
  { cluster }: Pick<Environment, 'cluster'>,
  app: string,
): RetiredDatabase | undefined {
  return retiredDatabases(cluster).find(({ database }) => database === app);
}

/** The component of an app that brings its schema up to date. */
export function migrationsName(app: string): string {
  return `${app}-migrations`;
}

/** The one edge of an app to a database, where it has one. */
export function databaseUse(app: Pick<App, 'uses'>): Use<'database'> | undefined {
  return app.uses.find((use) => use.kind === 'database');
}
