import type { KubeObject } from '../kube/kube-object.ts';

/** Objects that Flux applies together, and the Kustomizations that must be ready first. */
export interface Kustomization {
  /** The component's name, or the artifact's key in the lock file. */
  name: string;
  /** `component`: objects that are rendered here; `crds`: CustomResourceDefinitions of an upstream artifact. */
  kind: 'component' | 'crds';
  /** Empty for `crds`. */
  objects: KubeObject[];
  /** The app that owns it; absent for an operator, for definitions, and for a retired database. */
  app?: string;
  /** Names of the Kustomizations whose objects its own objects need, sorted. */
  dependsOn: string[];
  /** Reasons, by the name of the Kustomization that must be ready first. */
  reasons: ReadonlyMap<string, Reason>;
}

/** Reason for the order of two Kustomizations: an object of one needs something that the other creates. */
export interface Reason {
  object: string;
  need: string;
}
