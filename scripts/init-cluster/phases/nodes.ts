import { ensureProgram } from '../../../images/index.ts';
import type { Environment } from '../../../model/graph.ts';
import type { Phase } from '../../cli/phases.ts';
import { ensureNodeFeatures } from '../../cluster/node-features.ts';
import { kubectlOf } from '../../cluster/node-kubectl.ts';
import { bootstrapComponents } from '../../flux/bootstrap.ts';
import { isOf } from '../../flux/objects-as-text.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { ensureNodes, type NodesState } from '../../kind/kind-nodes.ts';
import { imagesByDigest } from '../../kind/pull-early.ts';
import { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../input.ts';

/** Starts the nodes, and the supply of all other images in the background. */
export const nodes: Phase<WithEngine, { nodes: NodesState; supplied: BackgroundSupply }> = {
  title: 'Nodes',
  run: async (given, report) => {
    const { engine, environment, signal } = given;
    // Before all others: Go programs are built one after another, and the nodes need only this one.
    await ensureProgram('kind', report, { registryMirror: engine.registryMirror, signal });
    const supplied = new BackgroundSupply(given);
    const images = imagesByDigest(startOrder(environment, given.manifests));
    const state = await ensureNodes({ ...given, report, images });
    const { cluster } = environment;
    const changed = await ensureNodeFeatures(cluster, kubectlOf(given.engine, cluster.name, signal));
    return {
      result: { nodes: state, supplied },
      unchanged: state === 'running' && changed.length === 0 ? `${cluster.nodes.length} running` : undefined,
    };
  },
};

/** The manifests with the digests of the mirror, those of Flux and its requirements first. */
function startOrder(environment: Environment, manifests: ReadonlyMap<string, string>): Map<string, string> {
  const later = ([path]: [string, string]) => Number(!isOf(bootstrapComponents, environment.name, path));
  return new Map([...pinnedManifests(environment, manifests)].sort((a, b) => later(a) - later(b)));
}
