import type { Phase } from '../../cli/phases.ts';
import { clusterClient } from '../../cluster/client.ts';
import { retryFailed } from '../../flux/retry-failed.ts';
import { kustomizationNames, waitForSync } from '../../flux/sync.ts';
import type { WithEngine } from '../input.ts';
import type { PushedManifests } from './pushed-manifests.ts';

/** Waits until every pushed Kustomization is Ready at the commit. */
export const fluxSync: Phase<WithEngine & PushedManifests> = {
  title: 'Flux has applied the manifests',
  run: async (given, report) => {
    const { environment, pushed: manifests } = given;
    const kustomizations = kustomizationNames(environment.name, manifests);
    const client = clusterClient(environment.cluster.name);
    await retryFailed({ ...given, client, environment: environment.name, kustomizations, manifests, report });
    await waitForSync({ ...given, manifests: given.pushed, report });
    return { result: {} };
  },
};
