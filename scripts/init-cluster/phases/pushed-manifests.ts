import type { Phase } from '../../cli/phases.ts';
import { pinnedManifests } from '../../flux/pin-digests.ts';
import { push, startSync } from '../../flux/sync.ts';
import type { WithEngine } from '../given.ts';

/** Pushes the manifests with the digests that the mirror has now, and points Flux at them. */
export const pushedManifests: Phase<WithEngine, { commit: string }> = {
  title: 'Manifests pushed',
  run: async (given, report) => {
    const { environment, manifests } = given;
    const options = { ...given, report, manifests: pinnedManifests(environment, manifests) };
    const { commit, changed } = await push({ ...options, message: `Render of ${environment.name}` });
    await startSync(options);
    return { result: { commit }, unchanged: changed ? undefined : `${commit.slice(0, 12)} there` };
  },
};
