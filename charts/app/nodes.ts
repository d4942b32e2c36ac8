import type { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';

/** The nodes that take the pods of an app, as its pods say it; what they do not tolerate keeps them off. */
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
