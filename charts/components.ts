import { databaseCluster, migrationsName } from '../model/database.ts';
import type { Environment } from '../model/graph.ts';
import { admission } from './admission.ts';
import { appComponent } from './app.ts';
import { certManager } from './cert-manager.ts';
import { cloudnativePg } from './cloudnative-pg.ts';
import { databaseComponent } from './database.ts';
import { ebsCsi } from './ebs-csi.ts';
import { flux } from './flux.ts';
import { gitServer } from './git-server.ts';
import { identity } from './identity.ts';
import type { Component } from './kube-object.ts';
import { kubeRouter } from './kube-router.ts';
import { localPath } from './local-path.ts';
import { metricsServer } from './metrics-server.ts';
import { migrations } from './migrations.ts';
import { neighbourhoods } from './neighbourhood.ts';
import { registry } from './registry.ts';
import { traefik } from './traefik.ts';
import { trustManager } from './trust-manager.ts';

/** By the operator's name: its objects, or none where the environment has no need of it. */
const operatorCharts: Readonly<Record<string, (env: Environment) => Component | undefined>> = {
  admission,
  'cert-manager': certManager,
  'cloudnative-pg': cloudnativePg,
  'ebs-csi': ebsCsi,
  flux,
  'git-server': gitServer,
  identity,
  'kube-router': kubeRouter,
  'local-path': localPath,
  'metrics-server': metricsServer,
  registry,
  traefik,
  'trust-manager': trustManager,
};

/** A component before it is built. */
export interface Part {
  name: string;
  /** All of the environment that its objects may depend on: the same view, the same objects. */
  view: Environment;
  /** None where the environment has no need of it. */
  build(): Component | undefined;
}

/**
 * Everything that runs in an environment: one part for each operator and one for each app, and two more for an app that
 * owns a database: that, and what brings its schema up to date; one for each database that is retired.
 */
export function parts(env: Environment): Part[] {
  const operators = env.operators.map(({ name }): Part => {
    const chart = operatorCharts[name];
    if (!chart) {
      throw new Error(
        `operators/${name}.ts has no chart: add charts/${name}.ts and name it in charts/components.ts`,
      );
    }
    return { name, view: env, build: () => chart(env) };
  });
  const apps = neighbourhoods(env).flatMap(([app, view]): Part[] => [
    { name: databaseCluster(app.name), view, build: () => databaseComponent(view, app) },
    { name: migrationsName(app.name), view, build: () => migrations(view, app) },
    { name: app.name, view, build: () => appComponent(view, app) },
  ]);
  const retired = env.cluster.retired
    .filter(({ database }) => !env.apps.some(({ name }) => name === database))
    .map(({ database }): Part => {
      const build = () => databaseComponent(env, { name: database });
      return { name: databaseCluster(database), view: env, build };
    });
  return [...operators, ...apps, ...retired];
}

/** The objects of all of them. */
export function components(env: Environment): Component[] {
  return parts(env).flatMap(({ build }) => build() ?? []);
}
