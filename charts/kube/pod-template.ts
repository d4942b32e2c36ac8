import { field } from './field.ts';
import type { KubeObject } from './kube-object.ts';

/** The metadata and the spec of the pods that an object makes, or undefined where it makes none. */
export function podTemplate(object: KubeObject): unknown {
  switch (object.kind) {
    case 'Pod':
      return object;
    case 'CronJob':
      return field(object, 'spec', 'jobTemplate', 'spec', 'template');
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job':
      return field(object, 'spec', 'template');
    default:
      return undefined;
  }
}
