import type { Phase } from '../../cli/phases.ts';
import { clusterClient } from '../../cluster/client.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { retryFailed } from '../../flux/retry-failed.ts';
import { kustomizationNames, push, startSync } from '../../flux/sync.ts';
import type { BackgroundSupply } from '../background-supply.ts';
import type { WithEngine } from '../input.ts';
import { isPostponed, withoutObservability } from '../observability.ts';

/** The commit that Flux reads. */
export interface PushedManifests {
  commit: string;
  pushed: ReadonlyMap<string, string>;
  /** Whether observability is pushed after the front page answers. */
  postponed: boolean;
}

/** Pushes the manifests with the current digests of the mirror, points Flux to them, and has failed Jobs of an earlier run tried again. */
export const pushedManifests: Phase<WithEngine & { supplied: BackgroundSupply }, PushedManifests> = {
  title: 'Manifests pushed',
  run: async (given, report) => {
    const { environment, supplied } = given;
    const postponed = await isPostponed(environment);
    if (!postponed) await supplied.observability(report);
    const pushed = postponed ? withoutObservability(environment, given.manifests) : given.manifests;
    const manifests = pinnedManifests(environment, pushed);
    const options = { ...given, report, manifests };
    const { commit, changed } = await push({ ...options, message: `Render of ${environment.name}` });
    await startSync(options);
    const kustomizations = kustomizationNames(environment.name, pushed);
    const client = clusterClient(environment.cluster.name);
    await retryFailed({ ...options, client, environment: environment.name, kustomizations });
    return {
      result: { commit, pushed, postponed },
      unchanged: changed ? undefined : `${commit.slice(0, 12)} there`,
    };
  },
};
