import type { Phase } from '../../cli/phases.ts';
import { bootstrap } from '../../flux/bootstrap.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import type { NodesState } from '../../kind/kind-nodes.ts';
import { ensureNodeNetwork } from '../../kind/node-network.ts';
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
    const pinned = pinnedManifests(environment, manifests);
    const [unchanged] = await Promise.all([bootstrap({ ...options, manifests: pinned }), network]);
    return { result: {}, unchanged };
  },
};
