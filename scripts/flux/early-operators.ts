import { parse } from 'yaml';
import { z } from 'zod';
import { definitions, platform, syncFolder } from '../../charts/order/flux-sync.ts';
import type { Engine } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { applyAsFlux, nodeKubectl } from '../cluster/node-kubectl.ts';
import { bootstrapComponents } from './bootstrap.ts';
import { definitionsOf, objectsOf } from './objects-as-text.ts';

const kustomization = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ dependsOn: z.array(z.object({ name: z.string() })).default([]) }),
});

/**
 * The operators that need only definitions and what runs before Flux reads Git, for instance cert-manager: they can start while
 * Flux itself starts.
 */
export function earlyOperators(
  { name }: Pick<Environment, 'name'>,
  manifests: ReadonlyMap<string, string>,
): string[] {
  const there = new Set([platform, definitions, ...bootstrapComponents]);
  return [...manifests]
    .filter(([path]) => path.startsWith(`manifests/${name}/${syncFolder}/kustomization-`))
    .map(([, text]) => kustomization.parse(parse(text)))
    .filter(({ spec }) => spec.dependsOn.every((dependency) => there.has(dependency.name)))
    .map(({ metadata }) => metadata.name)
    .filter((component) => !there.has(component));
}

/** Applies the definitions that Flux itself did not need, and these operators, as Flux does when it takes them over. */
export async function startEarly(options: {
  engine: Engine;
  environment: Environment;
  manifests: ReadonlyMap<string, string>;
  signal: AbortSignal;
}): Promise<void> {
  const { engine, environment, manifests, signal } = options;
  const { name } = environment.cluster;
  const others = environment.operators.filter((operator) => !bootstrapComponents.includes(operator.name));
  await applyAsFlux(engine, name, await definitionsOf(others), signal);
  // An object of a kind that is not served yet would be refused.
  const served = ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'];
  await nodeKubectl(engine, name, served, { signal });
  await applyAsFlux(
    engine,
    name,
    objectsOf(environment, manifests, earlyOperators(environment, manifests)),
    signal,
  );
}
