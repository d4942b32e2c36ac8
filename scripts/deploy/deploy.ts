import type { Report } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { buildAppImages, pushAppImages } from '../app-images/app-images.ts';
import { filledRegistry } from '../app-images/filled-registry.ts';
import { Failure } from '../cli/failure.ts';
import { formatTimes, type Phase, Phases, runPhases } from '../cli/phases.ts';
import { type ClusterClient, clusterClient } from '../cluster/client.ts';
import { reason } from '../cluster/request.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import { isBelow } from '../flux/is-below.ts';
import { type Kustomizations, kustomizationsNow } from '../flux/kustomizations-now.ts';
import type { Pushed } from '../flux/manifest-repository.ts';
import { pinnedManifests } from '../flux/pin-digests.ts';
import {
  manifestsRendered,
  type RenderedEnvironment,
  renderEnvironment,
} from '../flux/render-environment.ts';
import { retryFailed } from '../flux/retry-failed.ts';
import { kustomizationNames, push, waitForSync } from '../flux/sync.ts';
import { isPostponed, withoutObservability } from '../init-cluster/observability.ts';
import { decryptionKey } from '../init-cluster/phases/decryption-key.ts';
import type { Memory } from '../render/memory.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { notedRun } from '../telemetry/run-trace.ts';
import { applyWorkload, workloadsBeforeFlux } from './apply-before-flux.ts';
import { checkApps } from './check-apps.ts';
import { inWords } from './in-words.ts';
import { changedKustomizations, pathsOfApp, renderedKustomizations, workloadsOf } from './kustomizations.ts';
import { firstLines } from './pod-trouble.ts';
import { type PodsBefore, podsNow } from './pods-before.ts';
import { waitForRollOut } from './roll-out.ts';
import { pullMeanwhile, type RunningNodes, runningNodes } from './running-nodes.ts';
import { waitForFlux } from './wait-for-flux.ts';
import { withWayBack } from './way-back.ts';

/** Maximum time from a commit until everything that it changes is ready. */
const timeoutSeconds = 300;

/** Input and options of a deploy. */
export interface DeployOptions {
  environment: string;
  /** Names of the apps; empty means everything that changed. */
  apps: readonly string[];
  message: string;
  json: boolean;
  /** Command that resumes an interrupted deploy, for messages. Default: this command. */
  again?: string;
  /** Renders of an earlier deploy in this process. Default: none. */
  memory?: Memory;
  /** When people began to wait, by `performance.now()`. Default: with the command. */
  since?: number | undefined;
  /** Cancels the deploy; its reason is a Failure. Default: only Ctrl-C cancels it. */
  signal?: AbortSignal;
}

/** Deploys this checkout to the environment's running cluster; returns the exit code. */
export async function deploy(options: DeployOptions): Promise<number> {
  // The engine answers while this process renders.
  const [running, rendered] = await Promise.all([
    runningNodes(options.environment),
    renderEnvironment(repositoryRoot, options.environment, options.memory),
  ]);
  const { environment } = rendered;
  const { name } = environment.cluster;
  checkApps(environment, options.apps, 'deploy');
  if (running === undefined) {
    throw new Failure(
      `the cluster ${name} does not run on this machine.`,
      `Start it: npm run init-cluster -- --env ${environment.name}`,
    );
  }
  const controller = new AbortController();
  const end = (): void => controller.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', end);
  if (options.signal?.aborted) end();
  try {
    return await withClusterLock(name, () => deployRendered(rendered, running, options, controller));
  } finally {
    options.signal?.removeEventListener('abort', end);
  }
}

async function deployRendered(
  rendered: RenderedEnvironment,
  running: RunningNodes,
  options: DeployOptions,
  controller: AbortController,
): Promise<number> {
  const { environment } = rendered;
  const { name } = environment.cluster;
  const named = options.apps.length === 0 ? undefined : options.apps;
  const client = clusterClient(name);
  const others = named === undefined ? [] : environment.apps.filter((app) => !named.includes(app.name));
  const postponed = await isPostponed(environment);
  const start: Given & RenderedEnvironment = {
    ...rendered,
    manifests: postponed ? withoutObservability(environment, rendered.manifests) : rendered.manifests,
    ...running,
    root: repositoryRoot,
    signal: controller.signal,
    client,
    named,
    leave: others.flatMap((app) => pathsOfApp(environment.name, app.name)),
  };
  const report = (message: string) => process.stderr.write(`${message}\n`);
  const { times, result } = await notedRun(environment.cluster, 'deploy', report, (onPhase) =>
    runPhases(deployPhases(start, options.message), {
      controller,
      again: options.again ?? `npm run deploy -- ${[...options.apps, '--env', environment.name].join(' ')}`,
      quiet: options.json,
      since: options.since,
      onPhase,
    }),
  );
  const { commit, changed, kustomizations, left, podsBefore: before } = result;
  if (options.json) {
    const output = {
      cluster: name,
      apps: options.apps,
      commit,
      changedFiles: changed,
      units: kustomizations,
      phases: times,
    };
    process.stdout.write(`${JSON.stringify(output)}\n`);
  } else {
    process.stdout.write(`\n${formatTimes(times)}\n`);
    if (postponed) {
      process.stdout.write(
        `\nObservability does not run here yet: npm run init-cluster brings it, if it is not about to.\n`,
      );
    }
    for (const app of options.apps) printLines(app, await firstLines(client, app, before));
    printUndeployed(
      others.map((app) => app.name),
      environment.name,
      left,
    );
  }
  await result.registry;
  return 0;
}

/** The phases of a deployment. Apps without secrets need no decryption key. */
function deployPhases(start: Given & RenderedEnvironment, message: string) {
  const { named, environment } = start;
  const built = Phases.from(start).add(manifestsRendered).add(imagesOfApps);
  const needsKey =
    named === undefined ||
    environment.apps.some(({ name, secrets }) => named.includes(name) && secrets.length > 0);
  const phases = (needsKey ? built.add(decryptionKey) : built)
    .add(pushedManifests(message))
    .add(appliedByFlux)
    .add(newPodsServe);
  return named === undefined ? phases.add(filledRegistry) : phases;
}

/** Names the apps that have changed manifests which this run left out. */
function printUndeployed(apps: readonly string[], environment: string, left: readonly string[]): void {
  const behind = apps.filter((app) => {
    const paths = pathsOfApp(environment, app);
    return left.some((file) => isBelow(file, paths));
  });
  if (behind.length === 0) return;
  process.stdout.write(
    `\nAlso changed, and not deployed: ${behind.join(', ')}. To deploy everything: npm run deploy\n`,
  );
}

function printLines(app: string, lines: readonly string[]): void {
  if (lines.length > 0)
    process.stdout.write(`\n${app} writes:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

interface Given extends RunningNodes {
  environment: Environment;
  manifests: ReadonlyMap<string, string>;
  root: string;
  signal: AbortSignal;
  client: ClusterClient;
  /** The apps to deploy; absent means everything. */
  named: readonly string[] | undefined;
  /** Paths of changed manifests that are not committed. */
  leave: readonly string[];
}

const imagesOfApps: Phase<Given, { podsBefore: PodsBefore }> = {
  title: 'Images of the applications',
  run: async (given, report) => {
    const [built, podsBefore] = await Promise.all([
      buildAppImages(given.environment, { ...given, apps: given.named, report }),
      // To recognise new pods later.
      podsNow(given.client),
    ]);
    return { result: { podsBefore }, unchanged: built === 0 ? 'all there' : undefined };
  },
};

interface Committed {
  /** Resolves when the team's registry has the images of the apps. Pods do not wait for it: nodes pull from the mirror. */
  registry: Promise<unknown>;
  commit: string;
  /** Files of manifests that the commit changes. */
  paths: string[];
  /** Files of manifests that differ and were not committed. */
  left: string[];
}

const pushedManifests = (message: string): Phase<Given, Committed> => ({
  title: 'Manifests pushed',
  run: async (given, report) => {
    const { environment, named } = given;
    const manifests = pinnedManifests(environment, given.manifests);
    const folders = (named ?? []).flatMap((app) => pathsOfApp(environment.name, app));
    const own = [...manifests].filter(([path]) => isBelow(path, folders));
    pullMeanwhile(given, new Map(own), given.signal);
    const [before, { changed, ...pushed }] = await Promise.all([
      kustomizationsNow(given.client).catch((error: unknown): Kustomizations => {
        report(`new pods wait for Flux: ${reason(error)}`);
        return new Map();
      }),
      push({ ...given, manifests, report, message }),
    ]);
    await startNewPods({ ...given, ...pushed, manifests }, before, report);
    const registry =
      named === undefined
        ? Promise.resolve(0)
        : pushAppImages(environment, { ...given, apps: named, report: () => {} });
    // Awaited at the end; this handler avoids an unhandled rejection before that.
    registry.catch(() => {});
    return {
      result: { ...pushed, registry },
      unchanged: changed ? undefined : `${pushed.commit.slice(0, 12)} there`,
    };
  },
});

/**
 * Applies what the commit changes if it changes workloads of apps alone, so that their new pods start while Flux fetches the commit.
 * Whatever the API server refuses is left to Flux, which reports it.
 */
async function startNewPods(
  given: Given & Pick<Pushed, 'paths' | 'parent'>,
  before: Kustomizations,
  report: Report,
): Promise<void> {
  const { environment, client } = given;
  const apps = environment.apps.map(({ name }) => name);
  const workloads = workloadsBeforeFlux({ ...given, environment: environment.name, apps }, before);
  await Promise.all(
    workloads.map((workload) =>
      applyWorkload(client, workload).catch((error: unknown) =>
        report(`${workload.metadata.name} is left to Flux: ${reason(error)}`),
      ),
    ),
  );
}

/**
 * Waits for everything that the commit changes. If the repository already had the commit, an earlier deploy was possibly
 * interrupted or failed: then it tries again what has failed, and waits for the named apps, or for everything.
 */
const appliedByFlux: Phase<Given & Committed, { kustomizations: readonly string[] }> = {
  title: 'Flux has applied the commit',
  run: async (given, report) => {
    const { environment, manifests, commit, paths, signal, client, named } = given;
    const retry = (kustomizations: readonly string[]) =>
      retryFailed({ ...given, environment: environment.name, kustomizations, report });
    if (paths.length === 0 && named === undefined) {
      await retry(kustomizationNames(environment.name, manifests));
      await waitForSync({ ...given, report, timeoutSeconds });
      return { result: { kustomizations: [] } };
    }
    const ofNamed = (named ?? []).flatMap((app) => renderedKustomizations(environment.name, app, manifests));
    if (paths.length === 0) await retry(ofNamed);
    const kustomizations =
      paths.length > 0 ? changedKustomizations(environment.name, paths, manifests) : ofNamed;
    const appliedIsEnough = new Set(environment.apps.map(({ name }) => name));
    try {
      await waitForFlux({ client, commit, kustomizations, appliedIsEnough, timeoutSeconds, report, signal });
    } catch (error) {
      throw withWayBack(error, given.environment.name, given.commit);
    }
    return { result: { kustomizations }, unchanged: inWords(kustomizations) };
  },
};

const newPodsServe: Phase<Given & Committed & { podsBefore: PodsBefore; kustomizations: readonly string[] }> =
  {
    title: 'New pods serve',
    run: async (given, report) => {
      const { environment, manifests, client, podsBefore: before, kustomizations, signal } = given;
      const workloads = environment.apps
        .filter(({ name }) => kustomizations.includes(name))
        .flatMap(({ name }) => workloadsOf(environment.name, name, manifests));
      try {
        await Promise.all(
          workloads.map((workload) =>
            waitForRollOut(workload, { client, before, timeoutSeconds, report, signal }),
          ),
        );
      } catch (error) {
        throw withWayBack(error, given.environment.name, given.commit);
      }
      return { result: {}, unchanged: workloads.length === 0 ? 'no app has new pods' : undefined };
    },
  };
