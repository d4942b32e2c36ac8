import type { KubeObject } from '../kube/kube-object.ts';

/** Objects that Flux applies together, and the Kustomizations that must be ready first. */
export interface Kustomization {
  /** The component's name, or the artifact's key in the lock file. */
  name: string;
  /** `component`: objects that are rendered here; `crds`: CustomResourceDefinitions of an upstream artifact. */
  kind: 'component' | 'crds';
  /** Empty for `crds`. */
  objects: KubeObject[];
  /** The app that it belongs to; absent for an operator, for definitions, and for a retired database. */
  app?: string;
  /** Names of the Kustomizations whose objects its own objects need, sorted. */
  dependsOn: string[];
  /** Why, by the name of the Kustomization that must be ready before. */
  reasons: ReadonlyMap<string, Reason>;
}

/** Why one Kustomization comes after another: an object here needs something that is made there. */
export interface Reason {
  object: string;
  need: string;
}
