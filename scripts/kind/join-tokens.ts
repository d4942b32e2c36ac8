import type { Engine } from '../../images/index.ts';
import { nodeKubectl } from '../cluster/node-kubectl.ts';

/**
 * Takes back the tokens by which nodes join. Kind's is the same in every cluster and is valid for a day: whoever reaches
 * the API server with it becomes a node, and from there whatever runs on it.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
export async function revokeJoinTokens(engine: Engine, cluster: string, signal: AbortSignal): Promise<void> {
  const tokens = ['--field-selector', 'type=bootstrap.kubernetes.io/token'];
  await nodeKubectl(engine, cluster, ['delete', 'secrets', '--namespace', 'kube-system', ...tokens], {
    signal,
  });
}
