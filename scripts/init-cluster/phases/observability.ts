import { pruneGoCaches } from '../../../images/go/caches.ts';
import type { Phase } from '../../cli/phases.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { push, waitForSync } from '../../flux/sync.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../given.ts';
import { observabilityImages } from '../image-sets.ts';
import type { PushedManifests } from './pushed-manifests.ts';

/** Waits for the images of observability, and hands it to Flux where the front page did not wait for it. */
export const observability: Phase<
  WithEngine & PushedManifests & { supplied: BackgroundSupply; made: number }
> = {
  title: 'Observability',
  run: async (given, report) => {
    const { environment, manifests, supplied, postponed, signal } = given;
    const made = given.made + (await supplied.observability(report));
    if (postponed) {
      const options = { ...given, report, manifests: pinnedManifests(environment, manifests) };
      const { commit } = await push({ ...options, message: `Observability of ${environment.name}` });
      await waitForSync({ ...options, commit });
    }
    // Last: it waits for other builds of this machine.
    if (made > 0) {
      report('removing what only the compiler needs');
      await pruneGoCaches(report, signal);
    }
    if (postponed) return { result: {} };
    return { result: {}, unchanged: observabilityImages(environment).length === 0 ? 'off' : 'all there' };
  },
};
