import type { KubeObject } from '../../charts/kube/kube-object.ts';

/** An object and the manifest that brings it: its own, or the HelmRelease of the chart that it comes out of. */
export interface Placed {
  object: KubeObject;
  file: string;
}
