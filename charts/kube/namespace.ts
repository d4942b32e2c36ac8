import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';
import type { Environment } from '../../model/graph.ts';
import { needsSignIn } from '../../model/people.ts';
import { databasesOf, retirement } from '../../model/schema/database.ts';
import { databasesLabel, namespaceOf, previewLabel, routesLabel } from './names.ts';
import { neverPruned } from './never-pruned.ts';
import { quota } from './quota.ts';

/** A level of the Pod Security Standards. */
export type PodSecurity = 'restricted' | 'baseline' | 'privileged';

/**
 * A namespace in which the API server refuses every pod that asks for more than `level` allows. Unless it is `passing`, it outlives its
 * manifest: with it would go what Flux knows nothing of, such as volumes, keys and Secrets that somebody made by hand.
 */
export function namespace(
  chart: Chart,
  name: string,
  level: PodSecurity,
  given: { labels?: Record<string, string>; annotations?: Record<string, string>; passing?: boolean } = {},
): void {
  new k8s.KubeNamespace(chart, `namespace-${name}`, {
    metadata: {
      name,
      labels: { 'pod-security.kubernetes.io/enforce': level, ...given.labels },
      annotations: { ...(given.passing ? {} : neverPruned), ...given.annotations },
    },
  });
}

/**
 * The namespace of an app, labelled for the gateway where the app has a route, and for CloudNativePG where it owns a database
 * or owned one: until nothing is left of that. That of a preview has a quota, and goes with the preview.
 */
export function appNamespace(chart: Chart, env: Environment, { name }: Pick<App, 'name'>): void {
  const app = env.apps.find((each) => each.name === name);
  const owns = databasesOf(env).some((each) => each.app === name) || retirement(env, name) !== undefined;
  const isRouted = app?.host !== undefined && !needsSignIn(app);
  const preview = app?.preview;
  const labels = {
    ...(isRouted ? routesLabel : {}),
    ...(owns ? databasesLabel : {}),
    ...(preview === undefined ? {} : { [previewLabel]: preview.name }),
  };
  const space = namespaceOf({ name });
  namespace(chart, space, app === undefined ? 'restricted' : podSecurity(app), {
    labels,
    passing: preview !== undefined,
  });
  if (preview !== undefined && env.cluster.previews !== undefined) quota(chart, space, env.cluster.previews);
}

/** The strictest level that accepts an app's pods. */
function podSecurity({ user, capabilities, init, sidecars, job }: App): PodSecurity {
  const containers = [{ user, capabilities }, ...init, ...sidecars, ...(job ? [job] : [])];
  const isBaseline = containers.some(
    (each) => each.user === 0 || each.capabilities?.some((name) => name !== 'NET_BIND_SERVICE'),
  );
  return isBaseline ? 'baseline' : 'restricted';
}
