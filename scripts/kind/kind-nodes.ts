import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { stateDir } from '../../images/cache/paths.ts';
import { parseEngineTime, runEngine } from '../../images/engine/index.ts';
import {
  type Engine,
  ensureNodeImage,
  ensureProgram,
  loadNodeImage,
  type Report,
} from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import { Failure } from '../cli/failure.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { kindCluster, kindDocument, kindSettings, nodeRegistries, writeNodeFiles } from './config.ts';
import { balancer, type Decision, decide, type NodeContainer, type Remedy } from './decision.ts';
import { revokeJoinTokens } from './join-tokens.ts';
import { joinWorkers } from './join-workers.ts';
import { fetchKubeconfig, kubeconfigState } from './kubeconfig.ts';
import { clusterLabel, engineIdentity, inspectNodes } from './node-containers.ts';
import { ensureNodeNetwork } from './node-network.ts';
import { pullEarly } from './pull-early.ts';
import { readRecord, writeRecord } from './record.ts';
import { waitForRestart } from './wait-for-restart.ts';

interface Options {
  engine: Engine;
  environment: Environment;
  report: Report;
  signal: AbortSignal;
}

/** Options of `ensureNodes`. */
interface NodesOptions extends Options {
  /** Images that a new single node pulls while its control plane starts, by digest. Default: none. */
  images?: readonly string[];
}

/** How the nodes were brought up: created, already running, started, or extended by workers. */
export type NodesState = 'made' | 'running' | 'started' | 'joined';

/** A container of a cluster, from the engine. */
interface Container {
  name: string;
  running: boolean;
}

/** The containers of a cluster; of all clusters of this program without a name. */
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

/** The state of an environment's nodes, and the resulting decision. Changes nothing. */
async function look({ engine, environment, signal }: Options) {
  const { name } = environment.cluster;
  const wanted = kindCluster(environment, loadNodeImage().ref, join(stateDir(), name));
  const [containers, identity, record] = await Promise.all([
    inspectNodes(engine, name, signal),
    engineIdentity(engine, signal),
    readRecord(name),
  ]);
  const serving = containers.filter((container) => container.apiPort !== undefined);
  const apiPort = (serving.find(({ role }) => role === balancer) ?? serving[0])?.apiPort;
  const decision = decide({
    containers,
    record,
    engine: identity,
    canJoin: engine.name === 'docker',
    kubeconfig: await kubeconfigState(name, apiPort),
    wanted,
    settings: kindSettings(),
  });
  return { wanted, containers, identity, decision };
}

/**
 * Refuses, before anything is created, if the existing nodes cannot become those of cluster.yaml.
 * @throws Failure with the differences and the next steps. Nothing is removed.
 */
export async function refuseOtherNodes(options: Options): Promise<void> {
  const { decision } = await look(options);
  if (decision.do === 'refuse') throw refusal(options.environment, decision);
}

/**
 * Brings up the cluster's nodes: creates them, starts stopped ones (after a reboot), or finds them running.
 * Nodes that an interrupted run left unfinished are created again; finished nodes are never removed. New
 * nodes have no pod network yet: `ensureNodeNetwork`.
 * @throws Failure if cluster.yaml has other nodes or ports than the cluster.
 */
export async function ensureNodes(options: NodesOptions): Promise<NodesState> {
  const { engine, environment, report, signal } = options;
  const { name } = environment.cluster;
  const folder = join(stateDir(), name);
  const image = await ensureNodeImage({ engine, report, signal });
  await endOrphan(folder);
  const { wanted, containers, identity, decision } = await look(options);
  if (decision.do === 'refuse') throw refusal(environment, decision);
  const cluster = { ...wanted, image: image.ref };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeNodeFiles(cluster, nodeRegistries(environment));
  const { roles, ports } = cluster;
  const finished = (): Promise<void> =>
    writeRecord(name, {
      phase: 'finished',
      engine: identity,
      roles,
      image: image.ref,
      ports,
      settings: kindSettings(),
    });

  if (decision.do === 'keep' || decision.do === 'adopt') {
    const joined = await continueNodes(options, containers, decision);
    if (decision.do === 'adopt' || joined.length > 0) await finished();
    const started = await waitForStarted(options, joined);
    if (joined.length > 0) return 'joined';
    return started ? 'started' : 'running';
  }
  if (decision.do === 'remake') {
    report('removing the nodes of an interrupted run');
    await deleteNodes(engine, name, report);
  }
  await writeRecord(name, { phase: 'unfinished', engine: identity });
  const config = join(folder, 'kind.yaml');
  await writeFile(config, stringify(kindDocument(cluster)));
  await createNodes(options, config);
  await revokeJoinTokens(engine, name, signal);
  await writeStartTimes(name, await inspectNodes(engine, name, signal));
  await finished();
  return 'made';
}

/** Starts what stands still, fetches a lost kubeconfig, joins further workers, and sets up the network of the nodes. Returns the joined ones. */
async function continueNodes(
  options: Options,
  containers: NodeContainer[],
  decision: Extract<Decision, { do: 'keep' | 'adopt' }>,
): Promise<string[]> {
  const { engine, environment, report, signal } = options;
  const { name } = environment.cluster;
  const adopts = decision.do === 'adopt';
  // What the nodes mount went with the record: they see the new files once they are started again.
  const start = adopts ? containers.map((container) => container.name) : decision.start;
  if (start.length > 0) {
    report(`starting ${start.join(', ')}`);
    await runEngine(engine, [adopts ? 'restart' : 'start', ...start], { signal });
  }
  if (adopts || decision.fetchKubeconfig) {
    report('the kubeconfig is gone or of another cluster: fetching it again');
    const command = await ensureProgram('kind', report, { registryMirror: engine.registryMirror });
    const down = `npm run init-cluster -- --env ${environment.name} --down`;
    await fetchKubeconfig(name, { command, env: kindEnvironment(engine), signal, down });
  }
  const nodes = environment.cluster.nodes.length;
  const network = { engine, cluster: name, report, signal };
  const names = adopts ? [] : decision.join;
  await ensureNodeNetwork({ ...network, nodes: nodes - names.length });
  if (names.length > 0) {
    await joinWorkers({ engine, cluster: name, names, report, signal });
    await ensureNodeNetwork({ ...network, nodes });
  }
  if (adopts) await revokeJoinTokens(engine, name, signal);
  return names;
}

/**
 * Waits for the pods where nodes were started since the last run, by this program or by the engine after a reboot. Joined nodes
 * have no pods from before. Returns whether any node was started.
 */
async function waitForStarted(
  { engine, environment, report, signal }: Options,
  joined: string[],
): Promise<boolean> {
  const { name } = environment.cluster;
  const file = startFile(name);
  const before = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const nodes = await inspectNodes(engine, name, signal);
  const since = nodes
    .filter((node) => !before.includes(node.startedAt) && !joined.includes(node.name))
    .map(({ startedAt }) => parseEngineTime(startedAt).getTime())
    .sort((a, b) => a - b)[0];
  if (since !== undefined) {
    // Kubernetes writes times in whole seconds.
    const second = new Date(Math.floor(since / 1000) * 1000);
    await waitForRestart(name, second, { report, signal });
  }
  await writeStartTimes(name, nodes);
  return since !== undefined;
}

/** The times at which the nodes were started, as they were when the last run ended. */
function startFile(cluster: string): string {
  return join(stateDir(), cluster, 'nodes.started');
}

async function writeStartTimes(cluster: string, nodes: { startedAt: string }[]): Promise<void> {
  await writeFile(startFile(cluster), nodes.map(({ startedAt }) => startedAt).join('\n'));
}

function refusal(environment: Environment, { why, way }: Extract<Decision, { do: 'refuse' }>): Failure {
  const { name } = environment;
  const file = `clusters/${name}/cluster.yaml`;
  const init = `npm run init-cluster -- --env ${name}`;
  const databases = databasesOf(environment).map(({ app }) => databaseCluster(app));
  const held = databases.length === 0 ? 'its volumes' : `its databases (${databases.join(', ')})`;
  const ways: Record<Remedy, string> = {
    'move-data': `Nothing was changed. Restore the earlier values. Or create it again: ${init} --down deletes ${held}, so copy them first (docs/moving-a-database.md), then ${init}`,
    'other-name': `Nothing was changed. If they are yours, set PLINTH_STATE to the state folder from which they were created. Else write another name into ${file}; or, if nobody needs them: ${init} --down`,
    'other-engine': `Nothing was changed. Start that engine, or select it with DOCKER_HOST or PLINTH_ENGINE. If that engine is gone with its data: ${init} --down, then ${init}`,
    'finish-join': `Nothing was changed. If a run that added a worker was interrupted: write the worker into ${file} again, then ${init}. Else remove the extra containers, if nobody needs their data`,
    'take-down': `Nothing was changed. Copy the remaining data (docs/moving-a-database.md). Then ${init} --down, which deletes ${held}, and ${init}`,
  };
  return new Failure(`${file}: ${why}.`, ways[way]);
}

/** Removes the cluster's containers with their volumes, and its kubeconfig. */
export async function deleteNodes(engine: Engine, cluster: string, report: Report): Promise<void> {
  const kind = await ensureProgram('kind', report, { registryMirror: engine.registryMirror });
  await execa(kind, ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfigPath(cluster)], {
    env: kindEnvironment(engine),
    stdin: 'ignore',
  });
}

async function createNodes(options: NodesOptions, config: string): Promise<void> {
  const { engine, environment, report, signal, images = [] } = options;
  const { cluster } = environment;
  const kind = await ensureProgram('kind', report, { registryMirror: engine.registryMirror });
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
  const created = new AbortController();
  // Of several nodes nobody knows yet which pods they get.
  if (cluster.nodes.length === 1 && images.length > 0) {
    const ends = AbortSignal.any([signal, created.signal]);
    pullEarly(engine, `${cluster.name}-control-plane`, images, ends).catch((error: Error) => {
      if (!ends.aborted) report(`images are pulled later: ${error.message}`);
    });
  }
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
  created.abort();
  await rm(pidFile, { force: true });
  if (result.failed) {
    signal.throwIfAborted();
    const said = (result.all ?? '').trim().split('\n').slice(-25).join('\n');
    throw new Failure(
      `kind could not create the cluster ${cluster.name}:\n${said}`,
      wayOn(said, engine, cluster.name),
    );
  }
}

/** What to type after a failure of Kind, by what it said. */
function wayOn(said: string, engine: Engine, cluster: string): string {
  // https://kind.sigs.k8s.io/docs/user/rootless/
  const scope = said.includes('Delegate=yes')
    ? 'This session has no control groups of its own. Type the same in one that has: systemd-run --scope --user -p Delegate=yes npm run init-cluster. '
    : '';
  return `${scope}For missing requirements: npm run doctor. The containers are kept for inspection: ${engine.command} logs ${cluster}-control-plane`;
}

function kindEnvironment(engine: Engine): Record<string, string> {
  return {
    ...engine.env,
    KIND_EXPERIMENTAL_PROVIDER: engine.name,
    KIND_EXPERIMENTAL_DOCKER_NETWORK: networkName,
    KIND_EXPERIMENTAL_PODMAN_NETWORK: networkName,
  };
}

/** Ends a `kind create` that a killed run left behind: two at once would remove each other's containers. */
async function endOrphan(folder: string): Promise<void> {
  const pidFile = join(folder, 'kind.pid');
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (pid > 0) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes('create\0cluster')) process.kill(pid, 'SIGKILL');
  }
  await rm(pidFile, { force: true });
}
