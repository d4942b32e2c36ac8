import { registryHasTls } from '../../../model/registry.ts';
import type { Phase } from '../../cli/phases.ts';
import { bootstrap } from '../../flux/bootstrap.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { type NodesState, nodeContainers } from '../../kind/kind-nodes.ts';
import { ensureNodeNetwork } from '../../kind/node-network.ts';
import { ensureRegistryRoots } from '../../kind/registry-roots.ts';
import type { WithEngine } from '../input.ts';

/** Applies the objects of Flux and the Git server. */
export const bootstrapObjects: Phase<WithEngine & { nodes: NodesState }> = {
  title: 'Flux and Git server',
  run: async (given, report) => {
    const { environment, manifests, nodes } = given;
    const options = { ...given, report };
    // A new node gets its range of pod addresses some seconds after it answers; what is applied waits for it by itself.
    const { name: cluster, nodes: all } = environment.cluster;
    const network =
      nodes === 'made' ? ensureNodeNetwork({ ...options, cluster, nodes: all.length }) : undefined;
    const roots = registryHasTls(environment.cluster) ? registryRootsOf(options) : undefined;
    const pinned = pinnedManifests(environment, manifests);
    const [unchanged] = await Promise.all([bootstrap({ ...options, manifests: pinned }), network, roots]);
    return { result: {}, unchanged };
  },
};

/** Each node of the cluster learns to fetch the roots of the registry. */
async function registryRootsOf({ engine, environment, signal }: WithEngine): Promise<void> {
  const containers = await nodeContainers(engine, environment.cluster.name);
  // A load balancer before several control planes is no node.
  const nodes = containers
    .map(({ name }) => name)
    .filter((name) => !name.endsWith('-external-load-balancer'));
  await ensureRegistryRoots(engine, nodes, signal);
}
