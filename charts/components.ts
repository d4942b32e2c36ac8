import type { Environment } from '../model/graph.ts';
import { appComponent } from './app.ts';
import { flux } from './flux.ts';
import { gitServer } from './git-server.ts';
import type { Component } from './kube-object.ts';
import { localPath } from './local-path.ts';
import { metricsServer } from './metrics-server.ts';
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

/** Everything that runs in an environment: one component for each operator and one for each app. */
export function components(env: Environment): Component[] {
  const operators = env.operators.flatMap(({ name }) => {
    const chart = operatorCharts[name];
    if (!chart) {
      throw new Error(
        `operators/${name}.ts has no chart: add charts/${name}.ts and name it in charts/components.ts`,
      );
    }
    return chart(env) ?? [];
  });
  return [...operators, ...env.apps.map((app) => appComponent(env, app))];
}
