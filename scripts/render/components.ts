import { existsSync, readdirSync } from 'node:fs';
import { appComponent, gatingJob } from '../../charts/app/app.ts';
import { neighbourhoods } from '../../charts/app/neighbourhood.ts';
import { databaseComponent } from '../../charts/database/database.ts';
import { migrations } from '../../charts/database/migrations.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster, migrationsName, retiredDatabases } from '../../model/schema/database.ts';
import { jobName } from '../../model/schema/job.ts';

/** What `operators/NAME/chart.ts` exports: the operator's objects, or none where the environment has no need of it. */
interface ChartModule {
  chart(env: Environment): Component | undefined;
}

const folder = new URL('../../operators/', import.meta.url);

/** By the operator's name. A folder of operators/ is all that it takes to add one. */
const operatorCharts: ReadonlyMap<string, ChartModule['chart']> = new Map(
  await Promise.all(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/chart.ts`, folder)))
      .map(async ({ name }): Promise<[string, ChartModule['chart']]> => {
        const module: ChartModule = await import(new URL(`${name}/chart.ts`, folder).href);
        return [name, module.chart];
      }),
  ),
);

/** A component before it is built. */
export interface PlannedComponent {
  name: string;
  /** All of the environment that its objects may depend on: the same view, the same objects. */
  view: Environment;
  /** None where the environment has no need of it. */
  build(): Component | undefined;
}

/**
 * Everything that runs in an environment: one part for each operator and one for each app; two more for an app that owns a
 * database: that, and what brings its schema up to date; one more for an app with a job that gates its roll-out; one for each
 * database that is retired.
 */
export function parts(env: Environment): PlannedComponent[] {
  const operators = env.operators.map(({ name }): PlannedComponent => {
    const chart = operatorCharts.get(name);
    if (!chart) throw new Error(`operators/${name} has no chart: add operators/${name}/chart.ts`);
    return { name, view: env, build: () => chart(env) };
  });
  const apps = neighbourhoods(env).flatMap(([app, view]): PlannedComponent[] => [
    { name: databaseCluster(app.name), view, build: () => databaseComponent(view, app) },
    { name: migrationsName(app.name), view, build: () => migrations(view, app) },
    { name: jobName(app.name), view, build: () => gatingJob(view, app) },
    { name: app.name, view, build: () => appComponent(view, app) },
  ]);
  const retired = retiredDatabases(env.cluster)
    .filter(({ database }) => !env.apps.some(({ name }) => name === database))
    .map(({ database }): PlannedComponent => {
      const build = () => databaseComponent(env, { name: database });
      return { name: databaseCluster(database), view: env, build };
    });
  return [...operators, ...apps, ...retired];
}

/** The objects of all of them. */
export function components(env: Environment): Component[] {
  return parts(env).flatMap(({ build }) => build() ?? []);
}
