import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { onceEach, sameList } from '../../model/once-each.ts';

/**
 * Each app with its view of the environment, which has only the app itself, the apps that it uses and the apps that use it. So
 * an unrelated app cannot change its objects, and a change of one app renders few components again.
 */
export function neighbourhoods(env: Environment): [EnvironmentApp, Environment][] {
  const neighbours = new Map(env.apps.map((app) => [app.name, new Set([app.name])]));
  for (const app of env.apps) {
    for (const name of named(app)) {
      // A name can be of something other than an app.
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

/** Returns the same object as before if nothing in the view changed, so that a caller compares by identity. */
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

/** Every string in an app's edges, of all kinds of edges. */
function named(app: EnvironmentApp): string[] {
  return app.uses.flatMap((use) => Object.values(use).filter((value) => typeof value === 'string'));
}
