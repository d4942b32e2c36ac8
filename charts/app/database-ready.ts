import { externalDatabase, loginOf } from '../../model/external.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { databaseCluster } from '../../model/schema/database.ts';
import type { Login } from '../../model/schema/external.ts';
import { databaseObject } from '../database/database.ts';
import { migrationsJob } from '../database/migrations.ts';
import { idOf } from '../kube/object-id.ts';

/** Objects whose readiness means that the database runs with its current schema; none for an external database without migrations. */
export function databaseReady(env: Environment, of: string): string[] {
  const owner = env.apps.find(({ name }) => name === of);
  if (owner?.migrationsRef !== undefined) return [idOf('Job', migrationsJob(env, owner), of)];
  if (externalDatabase(env.cluster, of) !== undefined) return [];
  return [owner === undefined ? idOf('Cluster', databaseCluster(of), of) : databaseObject(owner)];
}

/** The login of the app's migrations to an external database. */
export function migrationsLoginOf({ cluster }: Environment, app: EnvironmentApp): Login | undefined {
  const external = externalDatabase(cluster, app.name);
  return external === undefined || app.migrationsRef === undefined ? undefined : loginOf(external, 'owner');
}
