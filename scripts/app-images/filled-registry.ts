import type { Environment } from '../../model/graph.ts';
import type { Phase } from '../cli/phases.ts';
import { pushAppImages } from './app-images.ts';

/**
 * Pushes the images of the apps to the team's registry. It is the last phase because no pod waits for it: the
 * nodes of a Kind cluster pull from the mirror, and from the team's registry only if the mirror does not
 * answer.
 */
export const filledRegistry: Phase<{ environment: Environment; signal: AbortSignal }> = {
  title: 'Registry filled',
  run: async (given, report) => {
    const pushed = await pushAppImages(given.environment, { report, signal: given.signal });
    return { result: {}, unchanged: pushed === 0 ? 'all there' : undefined };
  },
};
