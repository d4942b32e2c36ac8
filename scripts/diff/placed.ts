import type { KubeObject } from '../../charts/kube/kube-object.ts';

/** An object and its manifest, or the HelmRelease of its chart. */
export interface Placed {
  object: KubeObject;
  file: string;
}
