import { pruneGoCaches } from '../../../images/go/caches.ts';
import type { Phase } from '../../cli/phases.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../given.ts';

/** Waits for all images before Flux makes their pods: each pull that finds nothing doubles the wait for the next, up to five minutes. */
export const imagesOfPlatform: Phase<WithEngine & { supplied: BackgroundSupply }> = {
  title: 'Images of the platform',
  run: async ({ supplied, signal }, report) => {
    await supplied.apps(report);
    const made = await supplied.platform(report);
    if (made === 0) return { result: {}, unchanged: 'all there' };
    report('removing what only the compiler needs');
    await pruneGoCaches(report, signal);
    return { result: {} };
  },
};
