import type { Engine } from '../../images/index.ts';
import { nodeKubectl } from '../cluster/node-kubectl.ts';

/**
 * Revokes the tokens with which nodes join. Kind's token is the same in every cluster and valid for a day:
 * with it and access to the API server, an attacker could become a node.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
export async function revokeJoinTokens(engine: Engine, cluster: string, signal: AbortSignal): Promise<void> {
  const tokens = ['--field-selector', 'type=bootstrap.kubernetes.io/token'];
  await nodeKubectl(engine, cluster, ['delete', 'secrets', '--namespace', 'kube-system', ...tokens], {
    signal,
  });
}
