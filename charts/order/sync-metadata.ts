import type { KubeObject } from '../kube/kube-object.ts';
import { partOf } from '../kube/names.ts';

/** Metadata of Flux' own objects, which are all in the namespace of Flux. */
export function syncMetadata(name: string): KubeObject['metadata'] {
  return {
    name,
    namespace: 'flux-system',
    labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': partOf },
  };
}
