import type { Phase } from '../../cli/phases.ts';
import { waitForBootstrap } from '../../flux/bootstrap.ts';
import type { WithEngine } from '../input.ts';

/** Waits until manifests can be pushed and read. */
export const bootstrapReady: Phase<WithEngine> = {
  title: 'Git server and Flux ready',
  run: async (given, report) => {
    for (const namespace of ['git-server', 'flux-system'] as const)
      await waitForBootstrap(namespace, { ...given, report });
    return { result: {} };
  },
};
