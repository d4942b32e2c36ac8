import type { Phase } from '../../cli/phases.ts';
import { waitForSync } from '../../flux/sync.ts';
import type { WithEngine } from '../input.ts';
import type { PushedManifests } from './pushed-manifests.ts';

/** Waits until every pushed Kustomization is Ready at the commit. */
export const fluxSync: Phase<WithEngine & PushedManifests> = {
  title: 'Flux has applied the manifests',
  run: async (given, report) => {
    await waitForSync({ ...given, manifests: given.pushed, report });
    return { result: {} };
  },
};
