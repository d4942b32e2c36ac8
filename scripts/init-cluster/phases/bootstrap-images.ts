import type { Phase } from '../../cli/phases.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../input.ts';

/** Waits for the images that Flux needs to start. */
export const imagesOfBootstrap: Phase<WithEngine & { supplied: BackgroundSupply }> = {
  title: 'Images of Flux and its requirements',
  run: async ({ supplied }, report) => {
    const made = await supplied.bootstrap(report);
    return { result: {}, unchanged: made === 0 ? 'all there' : undefined };
  },
};
