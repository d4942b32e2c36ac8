import type { KubeObject } from '../kube/kube-object.ts';

/** What Flux applies as one, and after which others. */
export interface Unit {
  /** Of its Kustomization: the component's name, or the artifact's key in the lock file. */
  name: string;
  /** Objects that are rendered here, or CustomResourceDefinitions out of an artifact of others. */
  kind: 'component' | 'crds';
  /** Empty for `crds`. */
  objects: KubeObject[];
  /** The app whose part it is; none for an operator, for definitions, and for a retired database. */
  app?: string;
  /** Names of the units whose objects its own objects need, sorted. */
  dependsOn: string[];
  /** Why, by the name of the unit that must be ready before. */
  reasons: ReadonlyMap<string, Reason>;
}

/** Why one unit comes after another: an object here needs something that is made there. */
export interface Reason {
  object: string;
  need: string;
}
