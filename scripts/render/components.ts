import { existsSync, readdirSync } from 'node:fs';
import { appComponent, gatingJob } from '../../charts/app/app.ts';
import { neighbourhoods } from '../../charts/app/neighbourhood.ts';
import { databaseComponent } from '../../charts/database/database.ts';
import { type Migration, migrationComponent, migrations } from '../../charts/database/migrations.ts';
import { chartComponent, extraComponent } from '../../charts/helm/component.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import type { Environment, EnvironmentOperator } from '../../model/graph.ts';
import { databaseCluster, migrationsName, retiredDatabases } from '../../model/schema/database.ts';
import { extraName } from '../../model/schema/extra.ts';
import { jobName } from '../../model/schema/job.ts';
import { type ChartObjects, noCharts } from '../helm/chart-objects.ts';

/** Exports of `operators/NAME/chart.ts`: the operator's objects, or undefined if the environment does not need the operator. */
interface ChartModule {
  chart(env: Environment): Component | undefined;
  /** For an operator with a database: the component that migrates its schema. */
  migration?(env: Environment): Migration | undefined;
}

const folder = new URL('../../operators/', import.meta.url);

/** Charts by the operator's name. A folder in operators/ is enough to add one. */
const operatorCharts: ReadonlyMap<string, ChartModule> = new Map(
  await Promise.all(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/chart.ts`, folder)))
      .map(async ({ name }): Promise<[string, ChartModule]> => {
        const module: ChartModule = await import(new URL(`${name}/chart.ts`, folder).href);
        return [name, module];
      }),
  ),
);

/** A component before it is built. */
export interface PlannedComponent {
  name: string;
  /** The part of the environment that its objects depend on: the same view gives the same objects. */
  view: Environment;
  /** Returns undefined if the environment does not need it. */
  build(): Component | undefined;
}

/**
 * All components of an environment. Per operator: the operator, its objects beside a Helm chart, its database and its migrations.
 * Per app: the app, its database, its migrations, and the job that gates its roll-out. Per retired database: the database.
 */
export function parts(env: Environment, charts: ChartObjects = noCharts): PlannedComponent[] {
  const operators = env.operators.flatMap((operator) => operatorParts(env, operator, charts));
  const apps = neighbourhoods(env).flatMap(([app, view]): PlannedComponent[] => [
    { name: databaseCluster(app.name), view, build: () => databaseComponent(view, app) },
    { name: migrationsName(app.name), view, build: () => migrations(view, app) },
    { name: jobName(app.name), view, build: () => gatingJob(view, app) },
    { name: app.name, view, build: () => withExtra(appComponent(view, app), app) },
  ]);
  const retired = retiredDatabases(env.cluster)
    .filter(({ database }) => ![...env.apps, ...env.operators].some(({ name }) => name === database))
    .map(({ database }): PlannedComponent => {
      const build = () => databaseComponent(env, { name: database });
      return { name: databaseCluster(database), view: env, build };
    });
  return [...operators, ...apps, ...retired];
}

function operatorParts(
  env: Environment,
  operator: EnvironmentOperator,
  charts: ChartObjects,
): PlannedComponent[] {
  const { name, chart: helm } = operator;
  if (helm !== undefined) {
    const templated = charts.get(name);
    if (templated === undefined) throw new Error(`operators/${name} is a Helm chart that was not rendered`);
    return [
      { name, view: env, build: () => chartComponent(env, operator, helm, templated) },
      { name: extraName(name), view: env, build: () => extraComponent(operator) },
    ];
  }
  const made = operatorCharts.get(name);
  if (!made) {
    throw new Error(
      `operators/${name} has no chart: add operators/${name}/chart.ts, or chart to operator.ts`,
    );
  }
  const build = () => {
    const component = made.chart(env);
    return component && withExtra(component, operator);
  };
  const { migration } = made;
  if (migration === undefined) return [{ name, view: env, build }];
  return [
    { name: databaseCluster(name), view: env, build: () => databaseComponent(env, { name }) },
    {
      name: migrationsName(name),
      view: env,
      build: () => {
        const given = migration(env);
        return given && migrationComponent(env, given);
      },
    },
    { name, view: env, build },
  ];
}

/** Adds the objects from YAML files that a description names. */
function withExtra(made: Component, { extraObjects }: Pick<EnvironmentOperator, 'extraObjects'>): Component {
  return extraObjects.length === 0 ? made : { ...made, objects: [...made.objects, ...extraObjects] };
}

/** The objects of all components. */
export function components(env: Environment, charts: ChartObjects = noCharts): Component[] {
  return parts(env, charts).flatMap(({ build }) => build() ?? []);
}
