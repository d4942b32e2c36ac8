import type { Environment } from '../model/graph.ts';
import { appComponent } from './app.ts';
import { flux } from './flux.ts';
import { gitServer } from './git-server.ts';
import type { Component } from './kube-object.ts';
import { localPath } from './local-path.ts';
import { metricsServer } from './metrics-server.ts';
import { neighbourhoods } from './neighbourhood.ts';
import { registry } from './registry.ts';
import { traefik } from './traefik.ts';

/** By the operator's name: its objects, or none where the environment has no need of it. */
const operatorCharts: Readonly<Record<string, (env: Environment) => Component | undefined>> = {
  flux,
  'git-server': gitServer,
  'local-path': localPath,
  'metrics-server': metricsServer,
  registry,
  traefik,
};

/** A component before it is built. */
export interface Part {
  name: string;
  /** All of the environment that its objects may depend on: the same view, the same objects. */
  view: Environment;
  /** None where the environment has no need of it. */
  build(): Component | undefined;
}

/** Everything that runs in an environment: one part for each operator and one for each app. */
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
  const apps = neighbourhoods(env).map(([app, view]): Part => {
    return { name: app.name, view, build: () => appComponent(view, app) };
  });
  return [...operators, ...apps];
}

/** The objects of all of them. */
export function components(env: Environment): Component[] {
  return parts(env).flatMap(({ build }) => build() ?? []);
}
