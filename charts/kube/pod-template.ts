import { field } from './field.ts';
import type { KubeObject } from './kube-object.ts';

/** The metadata and spec of an object's pods; undefined if it creates none. */
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
