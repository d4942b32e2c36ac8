import type { Engine } from '../../images/engine/engine.ts';
import { findEngine } from '../../images/engine/ensure-engine.ts';
import { useRegistryMirror } from '../../images/pull/registry-place.ts';
import type { Environment } from '../../model/graph.ts';
import { mirrorSetting } from '../../model/schema/cluster.ts';
import { buildAppImages } from '../app-images/app-images.ts';
import { filledRegistry } from '../app-images/filled-registry.ts';
import { Failure } from '../cli/failure.ts';
import { formatTimes, type Phase, Phases, runPhases } from '../cli/phases.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import { pinnedManifests } from '../flux/pin-digests.ts';
import { manifestsRendered, renderEnvironment } from '../flux/render-environment.ts';
import { push, waitForSync } from '../flux/sync.ts';
import { decryptionKey } from '../init-cluster/phases/decryption-key.ts';
import { nodeContainers } from '../kind/kind-nodes.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

/** Brings this checkout into the running cluster of the environment; returns the exit code. */
export async function deploy(options: {
  environment: string;
  message: string;
  json: boolean;
  /** What to type where it was interrupted. Default: this command. */
  again?: string;
}): Promise<number> {
  const root = repositoryRoot;
  const { environment, manifests, changed } = await renderEnvironment(root, options.environment);
  const { name } = environment.cluster;
  useRegistryMirror(mirrorSetting(environment.cluster));
  const init = `npm run init-cluster -- --env ${environment.name}`;
  const engine = await findEngine();
  if (engine === undefined || !(await nodeContainers(engine, name)).some(({ running }) => running)) {
    throw new Failure(`the cluster ${name} does not run on this machine.`, `Start it: ${init}`);
  }
  return withClusterLock(name, async () => {
    const controller = new AbortController();
    const phases = Phases.from({ engine, environment, manifests, changed, root, signal: controller.signal })
      .add(manifestsRendered)
      .add(imagesOfApps)
      .add(decryptionKey)
      .add(pushedManifests(options.message))
      .add(fluxSync)
      .add(filledRegistry);
    const {
      times,
      result: { commit },
    } = await runPhases(phases, {
      controller,
      again: options.again ?? `npm run deploy -- --env ${environment.name}`,
      quiet: options.json,
    });
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ cluster: name, commit, changedFiles: changed, phases: times }, null, 2)}\n`
        : `\n${formatTimes(times)}\n`,
    );
    return 0;
  });
}

interface Given {
  engine: Engine;
  environment: Environment;
  manifests: ReadonlyMap<string, string>;
  root: string;
  signal: AbortSignal;
}

const imagesOfApps: Phase<Given> = {
  title: 'Images of the applications',
  run: async (given, report) => {
    const built = await buildAppImages(given.environment, { ...given, report });
    return { result: {}, unchanged: built === 0 ? 'all there' : undefined };
  },
};

const pushedManifests = (message: string): Phase<Given, { commit: string }> => ({
  title: 'Manifests pushed',
  run: async (given, report) => {
    const manifests = pinnedManifests(given.environment, given.manifests);
    const { commit, changed } = await push({ ...given, manifests, report, message });
    return { result: { commit }, unchanged: changed ? undefined : `${commit.slice(0, 12)} there` };
  },
});

const fluxSync: Phase<Given & { commit: string }> = {
  title: 'Flux has synced',
  run: async (given, report) => {
    await waitForSync({ ...given, report, timeoutSeconds: 300 });
    return { result: {} };
  },
};
