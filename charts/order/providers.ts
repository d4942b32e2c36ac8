import type { Environment } from '../../model/graph.ts';
import { onceEach } from '../../model/once-each.ts';
import { isIfAbsent } from '../kube/if-absent.ts';
import { allObjects, type Component } from '../kube/kube-object.ts';
import { kindOf, objectId } from '../kube/object-id.ts';
import { kindNeed } from './needs.ts';
import type { Refuse } from './owners.ts';
import { builtIn } from './pre-existing.ts';
import { operatorProvides, provides } from './provides.ts';

/** Map from the id of an object to the Kustomizations that create it. */
export type Providers = Map<string, string[]>;

/** The Kustomizations that create each object. Refuses an object with two owners. */
export function findProviders(env: Environment, components: Component[], report: Refuse): Providers {
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
export function findGuards(env: Environment, components: Component[]): Map<string, string> {
  const here = env.operators.filter(({ name }) => components.some((component) => component.name === name));
  return new Map(
    here.flatMap(({ name, provides: { webhooks } }) => webhooks.map((kind) => [kind, name] as const)),
  );
}
