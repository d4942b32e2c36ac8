import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { parseEngineTime } from '../../images/engine/engine-time.ts';
import { type Engine, runEngine } from '../../images/engine.ts';
import { ensureBinary } from '../../images/go-build.ts';
import { ensureNodeImage } from '../../images/node-image.ts';
import { stateDir } from '../../images/paths.ts';
import { networkName } from '../../images/registry.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../failure.ts';
import { kubeconfigPath } from './client.ts';
import { revokeJoinTokens } from './join-tokens.ts';
import { kindConfig } from './kind-config.ts';
import { ensureNodeNetwork } from './node-network.ts';
import type { Report } from './phases.ts';
import { waitForRestart } from './restart.ts';

interface Options {
  engine: Engine;
  environment: Environment;
  report: Report;
  signal: AbortSignal;
}

/** A container of a cluster, as the engine sees it. */
interface Container {
  name: string;
  running: boolean;
}

const clusterLabel = 'io.x-k8s.kind.cluster';

/** The containers of the cluster of that name; of all our clusters where no name is given. */
export async function nodeContainers(engine: Engine, cluster?: string): Promise<Container[]> {
  const filter = cluster === undefined ? clusterLabel : `${clusterLabel}=${cluster}`;
  const text = await runEngine(engine, [
    ...['ps', '--all', '--filter', `label=${filter}`, '--filter', `network=${networkName}`],
    ...['--format', '{{.Names}}\t{{.State}}'],
  ]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', state = ''] = line.split('\t');
      return { name, running: state === 'running' };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Brings the cluster's nodes up: makes them, starts those that stand still (after a reboot), or finds that they run.
 * Nodes that an interrupted run left half made are made again. New ones have no network for pods yet: `ensureNodeNetwork`.
 * @throws Failure where cluster.yaml asks for other nodes or ports than the cluster was made with.
 */
export async function ensureNodes(options: Options): Promise<'made' | 'running' | 'started'> {
  const { engine, environment, report, signal } = options;
  const { cluster } = environment;
  const folder = join(stateDir(), cluster.name);
  const made = join(folder, 'nodes.sha256');
  const image = await ensureNodeImage({ engine, report, signal });
  const config = await writeConfig(folder, environment, image.ref);
  await endOrphan(folder);
  const startFile = join(folder, 'nodes.started');
  const startTimes = async (): Promise<string[]> => {
    const names = (await nodeContainers(engine, cluster.name)).map(({ name }) => name);
    const text = await runEngine(engine, ['inspect', '--format', '{{.State.StartedAt}}', ...names], {
      signal,
    });
    return text.trim().split('\n');
  };
  const containers = await nodeContainers(engine, cluster.name);
  const recorded = await readFile(made, 'utf8').catch(() => undefined);
  if (
    recorded !== undefined &&
    containers.length === cluster.nodes.length &&
    existsSync(kubeconfigPath(cluster.name))
  ) {
    if (recorded !== config.hash) {
      throw new Failure(
        `clusters/${environment.name}/cluster.yaml: nodes, ports, domain or version are others than those that the cluster ${cluster.name} was made with, and Kind cannot change them.`,
        `Make it anew: npm run init-cluster -- --env ${environment.name} --down, then npm run init-cluster -- --env ${environment.name}`,
      );
    }
    const still = containers.filter(({ running }) => !running).map(({ name }) => name);
    if (still.length > 0) {
      report(`starting ${still.join(', ')}`);
      await runEngine(engine, ['start', ...still], { signal });
    }
    await ensureNodeNetwork(options);
    const times = await startTimes();
    const before = (await readFile(startFile, 'utf8').catch(() => '')).split('\n');
    const since = times
      .filter((time) => !before.includes(time))
      .map(parseEngineTime)
      .sort((a, b) => a.getTime() - b.getTime())[0];
    if (since === undefined) return 'running';
    // Started again, by us or by the engine itself after a reboot. Kubernetes writes times in whole seconds.
    await waitForRestart(cluster.name, new Date(Math.floor(since.getTime() / 1000) * 1000), {
      report,
      signal,
    });
    await writeFile(startFile, times.join('\n'));
    return 'started';
  }
  if (containers.length > 0) {
    report('removing what an interrupted run left');
    await deleteNodes(engine, cluster.name, report);
  }
  await rm(made, { force: true });
  await createNodes(options, config.path);
  await revokeJoinTokens(engine, cluster.name, signal);
  await writeFile(startFile, (await startTimes()).join('\n'));
  await writeFile(`${made}.new`, config.hash);
  await rename(`${made}.new`, made);
  return 'made';
}

/** Removes the cluster's containers with their volumes and its kubeconfig. */
export async function deleteNodes(engine: Engine, cluster: string, report: Report): Promise<void> {
  const kind = await ensureBinary('kind', report);
  await execa(kind, ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfigPath(cluster)], {
    env: kindEnvironment(engine),
    stdin: 'ignore',
  });
}

async function createNodes({ engine, environment, report, signal }: Options, config: string): Promise<void> {
  const { cluster } = environment;
  const kind = await ensureBinary('kind', report);
  report(`kind create cluster, ${cluster.nodes.length} ${cluster.nodes.length === 1 ? 'node' : 'nodes'}`);
  const child = execa(
    kind,
    [
      'create',
      'cluster',
      '--name',
      cluster.name,
      '--config',
      config,
      '--kubeconfig',
      kubeconfigPath(cluster.name),
      '--retain',
    ],
    { env: kindEnvironment(engine), stdin: 'ignore', all: true, reject: false, cancelSignal: signal },
  );
  const pidFile = join(stateDir(), cluster.name, 'kind.pid');
  await writeFile(pidFile, String(child.pid ?? ''));
  child.all?.on('data', (chunk: Buffer) => {
    const line = chunk
      .toString()
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^[^\w]*/, '')
      .trim();
    if (line !== undefined && line !== '') report(line);
  });
  const result = await child;
  await rm(pidFile, { force: true });
  if (result.failed) {
    signal.throwIfAborted();
    throw new Failure(
      `kind could not make the cluster ${cluster.name}:\n${(result.all ?? '').trim().split('\n').slice(-25).join('\n')}`,
      `See what is missing with: npm run doctor. The containers stand for a look: ${engine.command} logs ${cluster.name}-control-plane`,
    );
  }
}

function kindEnvironment(engine: Engine): Record<string, string> {
  return {
    ...engine.env,
    KIND_EXPERIMENTAL_PROVIDER: engine.name,
    KIND_EXPERIMENTAL_DOCKER_NETWORK: networkName,
    KIND_EXPERIMENTAL_PODMAN_NETWORK: networkName,
  };
}

/** Ends a `kind create` that a killed run left behind: two at once would take each other's containers. */
async function endOrphan(folder: string): Promise<void> {
  const pidFile = join(folder, 'kind.pid');
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (pid > 0) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes('create\0cluster')) process.kill(pid, 'SIGKILL');
  }
  await rm(pidFile, { force: true });
}

async function writeConfig(
  folder: string,
  environment: Environment,
  image: string,
): Promise<{ path: string; hash: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'kind.yaml');
  const text = stringify(await kindConfig(environment, image, folder));
  await writeFile(path, text);
  return { path, hash: createHash('sha256').update(text).digest('hex') };
}
