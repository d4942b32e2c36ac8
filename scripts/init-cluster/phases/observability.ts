import type { Phase } from '../../cli/phases.ts';
import { withClusterLock } from '../../cluster/run-lock.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { push, waitForSync } from '../../flux/sync.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import { observabilityImages } from '../image-sets.ts';
import type { WithEngine } from '../input.ts';
import { pathsOfOthers } from '../observability.ts';
import type { PushedManifests } from './pushed-manifests.ts';

/**
 * Waits for the images of observability, and pushes its manifests if they were postponed. Other commands may
 * have changed the cluster meanwhile, so it commits only its own manifests.
 */
export const observability: Phase<
  WithEngine & PushedManifests & { supplied: BackgroundSupply; made: number },
  { made: number }
> = {
  title: 'Observability',
  run: async (given, report) => {
    const { environment, supplied, postponed } = given;
    const made = given.made + (await supplied.observability(report));
    if (!postponed) {
      return {
        result: { made },
        unchanged: observabilityImages(environment).length === 0 ? 'off' : 'all there',
      };
    }
    const handOver = async () => {
      const manifests = pinnedManifests(environment, given.manifests);
      const options = { ...given, report, manifests, leave: pathsOfOthers(environment, manifests) };
      const { commit } = await push({ ...options, message: `Observability of ${environment.name}` });
      await waitForSync({ ...options, commit });
    };
    await withClusterLock(environment.cluster.name, handOver, { wait: report });
    return { result: { made } };
  },
};
