import { parse } from 'yaml';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import type { Environment } from '../../model/graph.ts';
import type { DryRun } from './dry-run.ts';
import { type ObeyedPolicies, policiesOf } from './policies.ts';
import type { ServerRefusal } from './refusal.ts';

/** An object of an environment, with its owner. */
export interface Shown {
  env: Environment;
  /** Its folder in `manifests/ENV`. */
  component: string;
  /** Path of its manifest; absent for an object of a Helm chart. */
  file?: string;
  object: KubeObject;
}

/** An object that the API server refused. */
export interface RefusedObject extends Shown {
  refusal: ServerRefusal;
}

/** The rendered objects of an environment. */
export function shownOf(
  env: Environment,
  files: ReadonlyMap<string, string>,
  charts: ReadonlyMap<string, readonly KubeObject[]> = new Map(),
): Shown[] {
  const written = [...files].flatMap(([file, text]): Shown[] => {
    const [, name, component = ''] = file.split('/');
    return name === env.name ? [{ env, component, file, object: parse(text) }] : [];
  });
  const templated = [...charts].flatMap(([component, objects]) =>
    objects.map((object): Shown => ({ env, component, object })),
  );
  return [...written, ...templated];
}

/**
 * Checks all objects of an environment with an API server that has their CustomResourceDefinitions and the environment's admission
 * policies. Each of `servers` sends one object at a time.
 */
export async function showEnvironment(
  servers: readonly [DryRun, ...DryRun[]],
  policies: ObeyedPolicies,
  shown: readonly Shown[],
): Promise<RefusedObject[]> {
  const [first] = servers;
  const refused: RefusedObject[] = [];
  const show = async (all: readonly Shown[], act: 'refusal' | 'keep'): Promise<void> => {
    const queue = [...all];
    const worker = async (server: DryRun): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const refusal = await server[act](next.object);
        if (refusal !== undefined) refused.push({ ...next, refusal });
      }
    };
    await Promise.all(servers.map(worker));
  };
  await policies.obey([]);
  // First without labels, so that policies see the labels being added.
  const names = new Set(shown.flatMap(({ object: { metadata } }) => metadata.namespace ?? []));
  for (const name of names) await first.keep({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await policies.obey(policiesOf(shown.map(({ object }) => object)));
  await show(
    shown.filter(({ object }) => object.kind === 'Namespace'),
    'keep',
  );
  await show(
    shown.filter(({ object }) => object.kind !== 'Namespace'),
    'refusal',
  );
  return refused.sort((a, b) => (objectId(a.object) < objectId(b.object) ? -1 : 1));
}
