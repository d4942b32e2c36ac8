import { pushAppImages } from '../../app-images/app-images.ts';
import type { Phase } from '../../cli/phases.ts';
import { waitForBootstrap } from '../../flux/bootstrap.ts';
import type { WithEngine } from '../given.ts';

/** Pushes the images of the applications, long before Flux comes to them. */
export const imagesOfApps: Phase<WithEngine> = {
  title: 'Images of the applications',
  run: async (given, report) => {
    await waitForBootstrap('registry', { ...given, report });
    const pushed = await pushAppImages(given.environment, { report, signal: given.signal });
    return { result: {}, unchanged: pushed === 0 ? 'all there' : undefined };
  },
};
