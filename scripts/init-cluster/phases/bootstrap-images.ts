import type { Phase } from '../../cli/phases.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../input.ts';

/** Waits for the images without which Flux can't start. */
export const imagesOfBootstrap: Phase<WithEngine & { supplied: BackgroundSupply }> = {
  title: 'Images of Flux and what it needs',
  run: async ({ supplied }, report) => {
    const made = await supplied.bootstrap(report);
    return { result: {}, unchanged: made === 0 ? 'all there' : undefined };
  },
};
