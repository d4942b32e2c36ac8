import { wasSupplied } from '../../../images/index.ts';
import { saidSupply, supplyMode } from '../../../images/supply/index.ts';
import type { Phase } from '../../cli/phases.ts';
import { bootstrapImages, nodeImages, observabilityImages, platformImages } from '../image-sets.ts';
import type { WithEngine } from '../input.ts';
import { refusePulledOnly } from '../pulled-only.ts';

/** Decides between pulling and building before anything is downloaded. */
export const imageSource: Phase<WithEngine> = {
  title: 'Source of images',
  run: async ({ engine: { registryMirror }, environment }, report) => {
    const parts = [platformImages(environment), observabilityImages(environment)].flat();
    const all = [...nodeImages, ...bootstrapImages, ...parts];
    if (all.every(wasSupplied)) return { result: {}, unchanged: 'all there' };
    const said = await saidSupply(report, registryMirror, all);
    if ((await supplyMode(report, registryMirror)) === 'build') refusePulledOnly(environment);
    return { result: {}, unchanged: said };
  },
};
