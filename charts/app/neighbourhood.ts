import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { onceEach, sameList } from '../../model/once-each.ts';

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
  const byName = new Map(env.apps.map((app) => [app.name, app]));
  return env.apps.map((app) => {
    const names = [...(neighbours.get(app.name) ?? [])].sort();
    return [
      app,
      view(
        env,
        app,
        names.flatMap((name) => byName.get(name) ?? []),
      ),
    ];
  });
}

/** Where nothing of it has changed it is the same object as before: nothing needs to be looked at to know that. */
function view(env: Environment, app: EnvironmentApp, apps: EnvironmentApp[]): Environment {
  const { name, cluster, operators, lock } = env;
  const before = views(app);
  const same =
    sameList(before.of, [cluster, operators, lock]) === before.of &&
    sameList(before.apps, apps) === before.apps;
  if (before.view?.name === name && same) return before.view;
  const own = apps.flatMap((each) => {
    const override = cluster.apps[each.name];
    return override === undefined ? [] : [[each.name, override] as const];
  });
  before.of = [cluster, operators, lock];
  before.apps = apps;
  before.view = { ...env, cluster: { ...cluster, apps: Object.fromEntries(own) }, apps };
  return before.view;
}

interface KnownView {
  of: object[];
  apps: EnvironmentApp[];
  view: Environment | undefined;
}

const views = onceEach((_app: EnvironmentApp): KnownView => ({ of: [], apps: [], view: undefined }));

/** Every name that an app's edges hold, of whichever kind they are. */
function named(app: EnvironmentApp): string[] {
  return app.uses.flatMap((use) => Object.values(use).filter((value) => typeof value === 'string'));
}
