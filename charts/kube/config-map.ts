import { hash } from 'node:crypto';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/**
 * A ConfigMap of files for a pod. Returns the annotation with the hash of their content: on a pod that reads
 * its files only at its start, it makes a change replace the pod.
 */
export function configMap(
  chart: Chart,
  name: string,
  namespace: string,
  data: Record<string, string>,
): Record<string, string> {
  new k8s.KubeConfigMap(chart, `config-map-${name}`, { metadata: { name, namespace }, data });
  const files = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return { 'plinth.io/config': hash('sha256', JSON.stringify(files)).slice(0, 16) };
}
