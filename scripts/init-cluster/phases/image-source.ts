import { saidSupply } from '../../../images/supply/mode.ts';
import { wasSupplied } from '../../../images/supply.ts';
import type { Phase } from '../../cli/phases.ts';
import type { WithEngine } from '../given.ts';
import { bootstrapImages, nodeImages, platformImages } from '../image-sets.ts';

/** Decides between pulling and building before anything is downloaded. */
export const imageSource: Phase<WithEngine> = {
  title: 'Where images come from',
  run: async ({ environment }, report) => {
    const all = [...nodeImages, ...bootstrapImages, ...platformImages(environment)];
    return { result: {}, unchanged: all.every(wasSupplied) ? 'all there' : await saidSupply(report) };
  },
};
