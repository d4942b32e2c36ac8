import { info } from '@pulumi/pulumi/log/index.js';
import type { Environment } from '../model/graph.ts';

/** A cluster of containers on one machine has no cloud resources, so the stack is empty. */
export function kind({ name, cluster }: Environment): Record<string, unknown> {
  const next = `npm run init-cluster -- --env ${name}`;
  info(
    `'${name}' is a Kind cluster on one machine (clusters/${name}/cluster.yaml, provider.kind), so this stack creates nothing. To create ${cluster.name}, type: ${next}`,
  );
  return { environment: name, next };
}
