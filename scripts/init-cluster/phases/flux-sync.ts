import type { Phase } from '../../cli/phases.ts';
import { waitForSync } from '../../flux/sync.ts';
import type { WithEngine } from '../given.ts';

/** Waits until every Kustomization is Ready at the commit. */
export const fluxSync: Phase<WithEngine & { commit: string }> = {
  title: 'Flux has synced',
  run: async (given, report) => {
    await waitForSync({ ...given, report });
    return { result: {} };
  },
};
