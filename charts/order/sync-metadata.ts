import type { KubeObject } from '../kube/kube-object.ts';
import { partOf } from '../kube/names.ts';

/** Of an object that tells Flux what to do: all of them stand where Flux itself does. */
export function syncMetadata(name: string): KubeObject['metadata'] {
  return {
    name,
    namespace: 'flux-system',
    labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': partOf },
  };
}
