import type { Environment, EnvironmentApp } from '../model/graph.ts';

/**
 * Each app with what it sees of its environment: of the apps only itself, those that it uses and those that use it. So
 * nothing that another app says can change its objects, and a change of one app is a change of few components.
 */
export function neighbourhoods(env: Environment): [EnvironmentApp, Environment][] {
  const neighbours = new Map(env.apps.map((app) => [app.name, new Set([app.name])]));
  for (const app of env.apps) {
    for (const name of named(app)) {
      // What is named need not be an app.
      neighbours.get(name)?.add(app.name);
      if (neighbours.has(name)) neighbours.get(app.name)?.add(name);
    }
  }
  const overrides = new Map(Object.entries(env.cluster.apps));
  const byName = new Map(env.apps.map((app) => [app.name, app]));
  return env.apps.map((app) => {
    const names = [...(neighbours.get(app.name) ?? [])].sort();
    const own = names.flatMap((name) => {
      const override = overrides.get(name);
      return override === undefined ? [] : [[name, override] as const];
    });
    const cluster = { ...env.cluster, apps: Object.fromEntries(own) };
    return [app, { ...env, cluster, apps: names.flatMap((name) => byName.get(name) ?? []) }];
  });
}

/** Every name that an app's edges hold, of whichever kind they are. */
function named(app: EnvironmentApp): string[] {
  return app.uses.flatMap((use) => Object.values(use).filter((value) => typeof value === 'string'));
}
