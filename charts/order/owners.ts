import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { onceEach } from '../../model/once-each.ts';
import type { FieldPath } from '../../model/reading/source.ts';
import { databaseCluster, migrationsName, retiredDatabases } from '../../model/schema/database.ts';
import { extraName } from '../../model/schema/extra.ts';
import { jobName } from '../../model/schema/job.ts';
import { previewsFile } from '../../model/schema/previews.ts';
import { objectId } from '../kube/object-id.ts';

/** The file that describes a component. */
export function sourceOf(env: Environment, component: string): string {
  return appFiles(env).get(component) ?? `operators/${operatorOf(env, component)}/operator.ts`;
}

/** The file under `extra` that has an object of a component, by the object's id; undefined if the object is derived. */
export function extraFileOf(env: Environment, component: string, id: string): string | undefined {
  const owner = ownerOf(env, component);
  const find = (folder: string, owners: readonly Pick<EnvironmentApp, 'name' | 'extra' | 'extraObjects'>[]) =>
    owners
      .filter(({ name }) => name === owner)
      .flatMap(({ extra, extraObjects }) => {
        const file = extra[extraObjects.findIndex((object) => objectId(object) === id)];
        return file === undefined ? [] : [`${folder}/${owner}/${file}`];
      });
  return [...find('apps', env.apps), ...find('operators', env.operators)][0];
}

/** The app, operator or retired database whose component it is. */
export function ownerOf(env: Environment, component: string): string {
  return appOfKustomizations(env).get(component) ?? operatorOf(env, component);
}

/** Place of the description of a component in its file: below the top in previews.yaml alone. */
export function descriptionPath(env: Environment, component: string): FieldPath {
  const app = appOfKustomizations(env).get(component);
  return env.apps.find(({ name }) => name === app)?.preview?.at ?? [];
}

/**
 * The operator of a component: by its own name, the name of its further objects, or the name of its database.
 */
function operatorOf({ operators }: Environment, component: string): string {
  const owner = operators.find(({ name }) =>
    [extraName(name), databaseCluster(name), migrationsName(name)].includes(component),
  );
  return owner?.name ?? component;
}

/** Names of an app's Kustomizations, in the order in which Flux applies them. */
export function kustomizationsOfApp(app: string): string[] {
  return [databaseCluster(app), migrationsName(app), jobName(app), app];
}

/** Map from each Kustomization of an app to the app. */
export const appOfKustomizations = onceEach(
  ({ apps }: Environment) =>
    new Map(
      apps.flatMap(({ name }) =>
        kustomizationsOfApp(name).map((kustomization) => [kustomization, name] as const),
      ),
    ),
);

/** Map from each component of an app, or of a retired database, to its file. */
const appFiles = onceEach((env: Environment) => {
  const { name: environment, cluster } = env;
  const previewed = new Set(env.apps.filter(({ preview }) => preview !== undefined).map(({ name }) => name));
  return new Map([
    ...[...appOfKustomizations(env)].map(
      ([kustomization, app]) =>
        [kustomization, previewed.has(app) ? previewsFile(environment) : `apps/${app}/app.ts`] as const,
    ),
    ...retiredDatabases(cluster).map(
      ({ database }) => [databaseCluster(database), `clusters/${environment}/cluster.yaml`] as const,
    ),
  ]);
});

/** Adds a diagnostic to the file that describes a component. */
export type Refuse = (component: string, text: Pick<Diagnostic, 'code' | 'what' | 'why' | 'fix'>) => void;
