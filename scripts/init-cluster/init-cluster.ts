import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { stateDir } from '../../images/cache/paths.ts';
import { hasGoCaches, pruneGoCaches } from '../../images/go/index.ts';
import type { Environment } from '../../model/graph.ts';
import { filledRegistry } from '../app-images/filled-registry.ts';
import { Failure } from '../cli/failure.ts';
import { type EndedPhase, formatTimes, Phases, type PhaseTime, runPhases } from '../cli/phases.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import {
  manifestsRendered,
  type RenderedEnvironment,
  renderEnvironment,
} from '../flux/render-environment.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { clusterKeyFile, keepThis } from '../secrets/key-files.ts';
import { notedRun } from '../telemetry/run-trace.ts';
import type { InitInput } from './input.ts';
import { allApps, firstApp } from './phases/app-pages.ts';
import { imagesOfBootstrap } from './phases/bootstrap-images.ts';
import { bootstrapObjects } from './phases/bootstrap-objects.ts';
import { bootstrapReady } from './phases/bootstrap-ready.ts';
import { containerEngine } from './phases/container-engine.ts';
import { decryptionKey } from './phases/decryption-key.ts';
import { fluxSync } from './phases/flux-sync.ts';
import { imageSource } from './phases/image-source.ts';
import { mirror } from './phases/mirror.ts';
import { imagesOfNodes } from './phases/node-images.ts';
import { nodes } from './phases/nodes.ts';
import { observability } from './phases/observability.ts';
import { imagesOfPlatform } from './phases/platform-images.ts';
import { pushedManifests } from './phases/pushed-manifests.ts';
import { thisMachine } from './phases/this-machine.ts';
import { choseToBuild } from './supply-choice.ts';
import { urls } from './urls.ts';

/** Options of `init-cluster`. */
export interface InitOptions {
  /** A folder of clusters/. */
  environment: string;
  json: boolean;
  /** Whether to print the processor use of each phase. */
  profile: boolean;
}

/** Creates or completes the environment's cluster; returns the exit code. */
export async function initCluster(options: InitOptions): Promise<number> {
  const rendered = await renderEnvironment(repositoryRoot, options.environment);
  const { environment } = rendered;
  const { cluster } = environment;
  if (cluster.provider.kind !== 'kind') {
    throw new Failure(
      `clusters/${environment.name}/cluster.yaml: the provider is '${cluster.provider.kind}', and init-cluster supports only 'kind'.`,
      `Create its nodes with: pulumi up -s ${environment.name}`,
    );
  }
  const report = (message: string) => process.stderr.write(`${message}\n`);
  return notedRun(cluster, 'init-cluster', report, (onPhase) => completed(rendered, options, onPhase));
}

async function completed(
  rendered: RenderedEnvironment,
  options: InitOptions,
  onPhase: (phase: EndedPhase) => void,
): Promise<number> {
  const root = repositoryRoot;
  const { environment } = rendered;
  const { cluster } = environment;
  const again = `npm run init-cluster${environment.name === 'dev' ? '' : ` -- --env ${environment.name}`}`;
  const hadKey = existsSync(clusterKeyFile(cluster.name));
  const toFrontPage = async () => {
    const running = { controller: new AbortController(), again, quiet: options.json, onPhase };
    const { signal } = running.controller;
    return { running, ...(await runPhases(phases({ ...rendered, root, signal }), running)) };
  };
  const served = await withClusterLock(cluster.name, () =>
    toFrontPage().catch(async (error: unknown) => {
      if (options.json || !(await choseToBuild(error))) throw error;
      return toFrontPage();
    }),
  );
  if (!options.json) print(environment, served.times, options);
  if (!hadKey) process.stderr.write(`  ${keepThis(cluster.name)}\n`);
  // From here on other commands may change the cluster, because observability's images can take ten minutes
  // to build.
  const observed = await runPhases(Phases.from(served.result).add(observability), {
    ...served.running,
    since: performance.now(),
  });
  const times = [...served.times, ...observed.times];
  await writeFile(join(stateDir(), cluster.name, 'phases.json'), `${JSON.stringify(times, null, 2)}\n`);
  if (options.json) printJson(environment, times);
  if (observed.result.made > 0 && hasGoCaches()) {
    process.stderr.write('removing files that only the compiler needs\n');
    await pruneGoCaches();
  }
  return 0;
}

/**
 * All phases until the front page answers, in order. The input of a phase is the results of the earlier ones,
 * so a wrong order is a type error.
 */
function phases(start: InitInput) {
  return Phases.from(start)
    .add(manifestsRendered)
    .add(thisMachine)
    .add(containerEngine)
    .add(imageSource)
    .add(mirror)
    .add(imagesOfNodes)
    .add(nodes)
    .add(imagesOfBootstrap)
    .add(bootstrapObjects)
    .add(decryptionKey)
    .add(bootstrapReady)
    .add(imagesOfPlatform)
    .add(pushedManifests)
    .add(firstApp)
    .add(fluxSync)
    .add(allApps)
    .add(filledRegistry);
}

function printJson(environment: Environment, times: PhaseTime[]): void {
  const { name } = environment.cluster;
  const apps = urls(environment).map(({ ready: _, ...app }) => app);
  const summary = { cluster: name, kubeconfig: kubeconfigPath(name), phases: times, apps };
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
}

function print(environment: Environment, times: PhaseTime[], { profile }: InitOptions): void {
  const lines = [
    '',
    formatTimes(times, { profile }),
    '',
    ...urls(environment).map(
      ({ app, url }) => `  ${styleText('bold', app.padEnd(10))} ${styleText('cyan', url)}`,
    ),
    '',
    `  export KUBECONFIG=${kubeconfigPath(environment.cluster.name)}`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
