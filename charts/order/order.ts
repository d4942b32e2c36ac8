import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { compareDiagnostics, compareText } from '../../model/diagnostics/diagnostic.ts';
import { suggest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { onceEach } from '../../model/once-each.ts';
import type { FieldPath } from '../../model/reading/source.ts';
import { databaseCluster, migrationsName, retiredDatabases } from '../../model/schema/database.ts';
import { extraName } from '../../model/schema/extra.ts';
import { jobName } from '../../model/schema/job.ts';
import { previewsFile } from '../../model/schema/previews.ts';
import { isIfAbsent } from '../kube/if-absent.ts';
import { allObjects, type Component } from '../kube/kube-object.ts';
import { kindOf, objectId } from '../kube/object-id.ts';
import { findCycles } from './cycles.ts';
import { definitions, platform, syncFolder } from './flux-sync.ts';
import type { Kustomization, Reason } from './kustomization.ts';
import { kindNeed, needs } from './needs.ts';
import { imagesNeed } from './pod-needs.ts';
import { builtIn, isPreExisting } from './pre-existing.ts';
import { operatorProvides, provides } from './provides.ts';

/** Names that a component cannot have, with their meaning. */
const ownNames: ReadonlyMap<string, string> = new Map([
  [platform, 'the Kustomization that applies all others'],
  [syncFolder, 'the folder that Flux reads first'],
  [definitions, 'the Kustomization that creates all CustomResourceDefinitions'],
]);

/**
 * Derives the order of the Kustomizations from the objects: an object comes after the component that creates
 * the CustomResourceDefinition, namespace, account, Secret, class or webhook that it needs. Every direct need
 * is an edge, even if a longer path leads to the same Kustomization: Flux does not wait for unchanged
 * Kustomizations, so the longer path may not wait. Diagnostics are: a need without a provider, an object in two
 * components, and a cycle.
 */
export function order(
  env: Environment,
  components: Component[],
): { kustomizations: Kustomization[]; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const report: Refuse = (component, text) => {
    diagnostics.push({ ...text, file: sourceOf(env, component), line: 1, column: 1 });
  };
  const artifacts = artifactsOf(env, components);
  refuseTakenNames(components, artifacts, report);
  const edges = findEdges(env, components, artifacts, report);
  refuseCycles(env, edges, report);
  if (diagnostics.length > 0)
    return { kustomizations: [], diagnostics: diagnostics.sort(compareDiagnostics) };
  return { kustomizations: kustomizationsOf(env, components, edges), diagnostics };
}

/** Adds a diagnostic to the file that describes a component. */
type Refuse = (component: string, text: Pick<Diagnostic, 'code' | 'what' | 'why' | 'fix'>) => void;

/** Map from each Kustomization to those that must be ready first, with the first reason for each. */
type Edges = Map<string, Map<string, Reason>>;

function refuseTakenNames(
  components: readonly Component[],
  artifacts: readonly string[],
  report: Refuse,
): void {
  for (const { name } of components) {
    const owner = artifacts.includes(name) ? `the artifact ${name}` : ownNames.get(name);
    if (owner === undefined) continue;
    report(name, {
      code: 'name-taken',
      what: `'${name}' is already the name of ${owner}`,
      why: 'the Kustomization and the folder of a component have its name',
      fix: 'rename it',
    });
  }
}

function findEdges(
  env: Environment,
  components: Component[],
  artifacts: readonly string[],
  report: Refuse,
): Edges {
  const providers = findProviders(env, components, report);
  const guards = findGuards(env, components);
  const edges: Edges = new Map(artifacts.map((artifact) => [artifact, new Map()]));
  for (const component of components)
    edges.set(component.name, reasonsOf(env, component, { providers, guards, report }));
  return edges;
}

/**
 * The Kustomizations that must be ready before a component: its operator's CRDs, webhooks, and the providers
 * of its objects' needs.
 */
function reasonsOf(
  env: Environment,
  component: Component,
  { providers, guards, report }: { providers: Providers; guards: Map<string, string>; report: Refuse },
): Map<string, Reason> {
  const after = new Map<string, Reason>();
  const operator = env.operators.find(({ name }) => name === component.name);
  for (const artifact of operator?.crds ?? []) {
    after.set(artifact, { object: `operator ${component.name}`, need: `artifact ${artifact}` });
  }
  const standIns = new Set(component.objects.filter(isIfAbsent).map(objectId));
  for (const { id, kind, needed } of wantsOf(component)) {
    const guard = guards.get(kind);
    if (guard !== undefined && guard !== component.name && !after.has(guard)) {
      after.set(guard, { object: id, need: `webhook for ${kind}` });
    }
    for (const need of needed) {
      const makers = providers.get(need);
      if (makers === undefined && !isPreExisting(env, need)) {
        report(component.name, {
          code: 'nobody-provides',
          what: `in ${env.name}, ${id} needs ${need}`,
          why: `no component creates it, so ${id} would never become ready`,
          fix: remedy(need, [...providers.keys()]),
        });
      }
      if (makers === undefined || makers.includes(component.name) || standIns.has(need)) continue;
      for (const maker of makers) if (!after.has(maker)) after.set(maker, { object: id, need });
    }
  }
  return after;
}

function refuseCycles(env: Environment, edges: Edges, report: Refuse): void {
  const graph = new Map([...edges].map(([name, after]) => [name, [...after.keys()]]));
  for (const cycle of findCycles(graph)) {
    const [first = ''] = cycle;
    const steps = cycle.map((name, i) => {
      const next = cycle[(i + 1) % cycle.length] ?? '';
      const reason = edges.get(name)?.get(next);
      return `${name} waits for ${next} (${reason?.object} needs ${reason?.need})`;
    });
    report(first, {
      code: 'order-cycle',
      what: `in ${env.name}, a dependency cycle of components: ${steps.join(', ')}`,
      why: 'none of them could be applied first',
      fix: 'move one of the objects into another component',
    });
  }
}

function kustomizationsOf(env: Environment, components: readonly Component[], edges: Edges): Kustomization[] {
  const objects = new Map(components.map((component) => [component.name, component.objects]));
  const apps = appOfKustomizations(env);
  const kustomizations = [...edges].map(([name, reasons]): Kustomization => {
    const own = objects.get(name);
    const app = apps.get(name);
    return {
      name,
      kind: own === undefined ? 'crds' : 'component',
      objects: own ?? [],
      ...(app === undefined ? {} : { app }),
      dependsOn: [...reasons.keys()].sort(compareText),
      reasons,
    };
  });
  return kustomizations.sort((a, b) => compareText(a.name, b.name));
}

/** The file that describes a component. */
export function sourceOf(env: Environment, component: string): string {
  return appFiles(env).get(component) ?? `operators/${operatorOf(env, component)}/operator.ts`;
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
const appOfKustomizations = onceEach(
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

/** Keys of the artifacts with CustomResourceDefinitions that an environment needs. */
function artifactsOf(env: Environment, components: Component[]): string[] {
  const here = new Set(components.map(({ name }) => name));
  return [...new Set(env.operators.filter(({ name }) => here.has(name)).flatMap(({ crds }) => crds))];
}

/** Map from the id of an object to the Kustomizations that create it. */
type Providers = Map<string, string[]>;

function findProviders(env: Environment, components: Component[], report: Refuse): Providers {
  const providers: Providers = new Map();
  const owners = new Map<string, string>();
  for (const component of components) {
    const { name, made, provided } = madeBy(component);
    for (const { id, identity } of made) {
      const owner = builtIn.has(id) ? 'Kubernetes itself' : owners.get(identity);
      if (owner !== undefined) {
        report(name, {
          code: 'two-owners',
          what: `in ${env.name}, ${name} has ${id}, and so does ${owner}`,
          why: 'each would overwrite the changes of the other',
          fix: 'remove it from one of them, or rename it',
        });
      }
      owners.set(identity, name);
    }
    for (const id of provided) providers.set(id, [name]);
  }
  for (const operator of env.operators) {
    if (!components.some(({ name }) => name === operator.name)) continue;
    for (const id of operatorProvides(operator, env.cluster)) {
      if (!providers.has(id)) providers.set(id, [operator.name]);
    }
    for (const custom of operator.provides.kinds) {
      const kind = typeof custom === 'string' ? custom : custom.kind;
      providers.set(kindNeed(kind), operator.crds.length > 0 ? operator.crds : [operator.name]);
    }
  }
  return providers;
}

/** The needs of each object of a component. */
const wantsOf = onceEach((component: Component) =>
  allObjects(component).map((object) => ({
    id: objectId(object),
    kind: kindOf(object),
    needed: needs(object),
  })),
);

/** The objects of a component, and the ids that it provides once it is ready. */
const madeBy = onceEach((component: Component) => {
  const { name } = component;
  const own = allObjects(component).filter((object) => !isIfAbsent(object));
  return {
    name,
    made: own.map((object) => {
      const id = objectId(object);
      // Kinds of different groups can have the same name; their objects differ.
      return { id, identity: `${kindOf(object)} ${id}` };
    }),
    provided: own.flatMap(provides),
  };
});

/** Map from `Kind.group` to the component whose webhook checks objects of that kind. */
function findGuards(env: Environment, components: Component[]): Map<string, string> {
  const here = env.operators.filter(({ name }) => components.some((component) => component.name === name));
  return new Map(
    here.flatMap(({ name, provides: { webhooks } }) => webhooks.map((kind) => [kind, name] as const)),
  );
}

function remedy(need: string, known: string[]): string {
  if (need.startsWith('kind ')) {
    return `name ${need.slice('kind '.length)} under provides.kinds of the operator whose crds define it`;
  }
  if (need.startsWith(imagesNeed('')))
    return 'write operators/registry/operator.ts, or name an upstream image';
  const kind = need.slice(0, need.indexOf(' ') + 1);
  const sameKind = known.filter((id) => id.startsWith(kind));
  return suggest(need, sameKind, `add ${need} to a component`);
}
