import { findEngine } from '../../images/engine/ensure-engine.ts';
import { Failure } from '../failure.ts';
import { buildAppImages, pushAppImages } from './app-images.ts';
import { repositoryRoot } from './environment.ts';
import { nodeContainers } from './kind.ts';
import { formatTimes, runPhases } from './phases.ts';
import { knownDigests, pinDigests } from './pin-digests.ts';
import { renderEnvironment, renderedPhase } from './rendered.ts';
import { withClusterLock } from './run-lock.ts';
import { push, waitForSync } from './sync.ts';

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
  const init = `npm run init-cluster -- --env ${environment.name}`;
  const engine = await findEngine();
  if (engine === undefined || !(await nodeContainers(engine, name)).some(({ running }) => running)) {
    throw new Failure(`the cluster ${name} does not run on this machine.`, `Start it: ${init}`);
  }
  return withClusterLock(name, async () => {
    const controller = new AbortController();
    const shared = { engine, environment, manifests, signal: controller.signal };
    let commit = '';
    const times = await runPhases(
      [
        renderedPhase({ manifests, changed }),
        {
          title: 'Images of the applications',
          run: async (report) => {
            await buildAppImages(environment, { ...shared, root, report });
            return (await pushAppImages(environment, { report, signal: shared.signal })) === 0
              ? 'all there'
              : undefined;
          },
        },
        {
          title: 'Manifests pushed',
          run: async (report) => {
            const pinned = pinDigests(manifests, knownDigests(environment));
            const pushed = await push({
              ...shared,
              manifests: pinned,
              root,
              report,
              message: options.message,
            });
            commit = pushed.commit;
            return pushed.changed ? undefined : `${commit.slice(0, 12)} there`;
          },
        },
        {
          title: 'Flux has synced',
          run: async (report) => {
            await waitForSync({ ...shared, report, commit, timeoutSeconds: 300 });
            return undefined;
          },
        },
      ],
      {
        controller,
        again: options.again ?? `npm run deploy -- --env ${environment.name}`,
        quiet: options.json,
      },
    );
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ cluster: name, commit, changedFiles: changed, phases: times }, null, 2)}\n`
        : `\n${formatTimes(times)}\n`,
    );
    return 0;
  });
}
