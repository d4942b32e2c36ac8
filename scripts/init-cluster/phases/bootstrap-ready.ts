import type { Phase } from '../../cli/phases.ts';
import { waitForBootstrap } from '../../flux/bootstrap.ts';
import { startEarly } from '../../flux/early-operators.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import type { NodesState } from '../../kind/kind-nodes.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../input.ts';
import { withoutObservability } from '../observability.ts';

/** Waits until manifests can be pushed and read. Operators that need nothing else start in the meantime. */
export const bootstrapReady: Phase<WithEngine & { nodes: NodesState; supplied: BackgroundSupply }> = {
  title: 'Git server and Flux ready',
  run: async (given, report) => {
    const { environment, nodes, supplied } = given;
    // Without its image a pod would wait longer and longer between two pulls.
    const starts = nodes === 'made' && supplied.hasPlatform;
    const manifests = pinnedManifests(environment, withoutObservability(environment, given.manifests));
    const early = starts ? startEarly({ ...given, manifests }) : undefined;
    const ready = (async () => {
      for (const namespace of ['git-server', 'flux-system'] as const)
        await waitForBootstrap(namespace, { ...given, report });
    })();
    await Promise.all([early, ready]);
    return { result: {} };
  },
};
