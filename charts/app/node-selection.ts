import type { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';

/** The choice of nodes of an app as fields of its pods; a taint that they do not tolerate keeps them off a node. */
export function chosenNodes({
  nodes,
}: Pick<App, 'nodes'>): Pick<k8s.PodSpec, 'nodeSelector' | 'tolerations'> {
  if (nodes === undefined) return {};
  const { labels, tolerate } = nodes;
  return {
    ...(Object.keys(labels).length > 0 ? { nodeSelector: labels } : {}),
    ...(tolerate.length > 0
      ? { tolerations: tolerate.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })) }
      : {}),
  };
}
