import { ensureProgram } from '../../../images/index.ts';
import type { Phase } from '../../cli/phases.ts';
import { ensureNodeFeatures } from '../../cluster/node-features.ts';
import { kubectlOf } from '../../cluster/node-kubectl.ts';
import { ensureNodes, type NodesState } from '../../kind/kind-nodes.ts';
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
    const state = await ensureNodes({ ...given, report });
    const { cluster } = environment;
    const changed = await ensureNodeFeatures(cluster, kubectlOf(given.engine, cluster.name, signal));
    return {
      result: { nodes: state, supplied },
      unchanged: state === 'running' && changed.length === 0 ? `${cluster.nodes.length} running` : undefined,
    };
  },
};
