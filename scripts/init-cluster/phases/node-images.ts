import { supply } from '../../../images/index.ts';
import type { Phase } from '../../cli/phases.ts';
import { nodeImages } from '../image-sets.ts';
import type { WithEngine } from '../input.ts';

/** Supplies the images that nodes need to become Ready. */
export const imagesOfNodes: Phase<WithEngine> = {
  title: 'Images of the nodes',
  run: async ({ engine, signal }, report) => {
    const made = await supply(nodeImages, { engine, report, signal });
    return { result: {}, unchanged: made === 0 ? `${nodeImages.length} there` : undefined };
  },
};
