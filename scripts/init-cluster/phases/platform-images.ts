import type { Phase } from '../../cli/phases.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../input.ts';

/**
 * Waits for all images before Flux creates their pods: each failed pull doubles the delay of the next, up to
 * five minutes.
 */
export const imagesOfPlatform: Phase<WithEngine & { supplied: BackgroundSupply }, { made: number }> = {
  title: 'Images of the platform',
  run: async ({ supplied }, report) => {
    await supplied.apps(report);
    const made = await supplied.platform(report);
    return { result: { made }, unchanged: made === 0 ? 'all there' : undefined };
  },
};
