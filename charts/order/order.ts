import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import { compareDiagnostics, compareText } from '../../model/diagnostics/diagnostic.ts';
import { suggest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { onceEach } from '../../model/once-each.ts';
import { isIfAbsent } from '../kube/if-absent.ts';
import { allObjects, type Component } from '../kube/kube-object.ts';
import { kindOf, objectId } from '../kube/object-id.ts';
import { findCycles } from './cycles.ts';
import { definitions, platform, syncFolder } from './flux-sync.ts';
import type { Kustomization, Reason } from './kustomization.ts';
import { needs } from './needs.ts';
import { appOfKustomizations, type Refuse, sourceOf } from './owners.ts';
import { imagesNeed } from './pod-needs.ts';
import { isPreExisting } from './pre-existing.ts';
import { findGuards, findProviders, type Providers } from './providers.ts';

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

/** Keys of the artifacts with CustomResourceDefinitions that an environment needs. */
function artifactsOf(env: Environment, components: Component[]): string[] {
  const here = new Set(components.map(({ name }) => name));
  return [...new Set(env.operators.filter(({ name }) => here.has(name)).flatMap(({ crds }) => crds))];
}

/** The needs of each object of a component. */
const wantsOf = onceEach((component: Component) =>
  allObjects(component).map((object) => ({
    id: objectId(object),
    kind: kindOf(object),
    needed: needs(object),
  })),
);

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
