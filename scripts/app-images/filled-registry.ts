import type { Environment } from '../../model/graph.ts';
import type { Phase } from '../cli/phases.ts';
import { pushAppImages } from './app-images.ts';

/**
 * Pushes the images of the applications to the team's registry. The last phase, since no pod waits for it: the nodes of a
 * Kind cluster take these images from the mirror, and from the team's where the mirror does not answer.
 */
export const filledRegistry: Phase<{ environment: Environment; signal: AbortSignal }> = {
  title: 'Registry filled',
  run: async (given, report) => {
    const pushed = await pushAppImages(given.environment, { report, signal: given.signal });
    return { result: {}, unchanged: pushed === 0 ? 'all there' : undefined };
  },
};
