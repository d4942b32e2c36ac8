import type { Phase } from '../../cli/phases.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { push, waitForSync } from '../../flux/sync.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../given.ts';
import { observabilityImages } from '../image-sets.ts';
import type { PushedManifests } from './pushed-manifests.ts';

/** Waits for the images of observability, and hands it to Flux where the front page did not wait for it. */
export const observability: Phase<
  WithEngine & PushedManifests & { supplied: BackgroundSupply; made: number },
  { made: number }
> = {
  title: 'Observability',
  run: async (given, report) => {
    const { environment, manifests, supplied, postponed } = given;
    const made = given.made + (await supplied.observability(report));
    if (postponed) {
      const options = { ...given, report, manifests: pinnedManifests(environment, manifests) };
      const { commit } = await push({ ...options, message: `Observability of ${environment.name}` });
      await waitForSync({ ...options, commit });
    }
    if (postponed) return { result: { made } };
    return {
      result: { made },
      unchanged: observabilityImages(environment).length === 0 ? 'off' : 'all there',
    };
  },
};
