import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { stateDir } from '../../images/cache/paths.ts';
import { parseEngineTime, runEngine } from '../../images/engine/index.ts';
import { type Engine, ensureNodeImage, ensureProgram, loadNodeImage } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import { Failure } from '../cli/failure.ts';
import { kindCluster, kindDocument, kindSettings, nodeRegistries, writeNodeFiles } from './config.ts';
import { balancer, type Decision, decide, type NodeContainer, type Remedy } from './decision.ts';
import { revokeJoinTokens } from './join-tokens.ts';
import { joinWorkers } from './join-workers.ts';
import { createNodes, deleteNodes, endOrphan, kindEnvironment, type NodesInput } from './kind-command.ts';
import { fetchKubeconfig, kubeconfigState } from './kubeconfig.ts';
import { clusterLabel, engineIdentity, inspectNodes } from './node-containers.ts';
import { ensureNodeNetwork } from './node-network.ts';
import { pullEarly } from './pull-early.ts';
import { readRecord, writeRecord } from './record.ts';
import { waitForRestart } from './wait-for-restart.ts';

/** The input of `ensureNodes`. */
interface NodesToMake extends NodesInput {
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
async function look({ engine, environment, signal }: NodesInput) {
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
export async function refuseOtherNodes(options: NodesInput): Promise<void> {
  const { decision } = await look(options);
  if (decision.do === 'refuse') throw refusal(options.environment, decision);
}

/**
 * Brings up the cluster's nodes: creates them, starts stopped ones (after a reboot), or finds them running.
 * Nodes that an interrupted run left unfinished are created again; finished nodes are never removed. New
 * nodes have no pod network yet: `ensureNodeNetwork`.
 * @throws Failure if cluster.yaml has other nodes or ports than the cluster.
 */
export async function ensureNodes(options: NodesToMake): Promise<NodesState> {
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
  const created = new AbortController();
  pullWhileCreated(options, AbortSignal.any([signal, created.signal]));
  await createNodes(options, config).finally(() => created.abort());
  await revokeJoinTokens(engine, name, signal);
  await writeStartTimes(name, await inspectNodes(engine, name, signal));
  await finished();
  return 'made';
}

/** Begins the pulls of a single node in the background. Of several nodes nobody knows yet which pods they get. */
function pullWhileCreated(
  { engine, environment, report, images = [] }: NodesToMake,
  signal: AbortSignal,
): void {
  const { name, nodes } = environment.cluster;
  if (nodes.length > 1 || images.length === 0) return;
  pullEarly(engine, `${name}-control-plane`, images, signal).catch((error: Error) => {
    if (!signal.aborted) report(`images are pulled later: ${error.message}`);
  });
}

/** Starts stopped nodes, fetches a lost kubeconfig, joins further workers, and sets up the network of the nodes. Returns the joined ones. */
async function continueNodes(
  options: NodesInput,
  containers: NodeContainer[],
  decision: Extract<Decision, { do: 'keep' | 'adopt' }>,
): Promise<string[]> {
  const { engine, environment, report, signal } = options;
  const { name } = environment.cluster;
  const adopts = decision.do === 'adopt';
  // The mounted files were lost with the record: nodes see the new ones after a restart.
  const start = adopts ? containers.map((container) => container.name) : decision.start;
  if (start.length > 0) {
    report(`starting ${start.join(', ')}`);
    await runEngine(engine, [adopts ? 'restart' : 'start', ...start], { signal });
  }
  if (adopts || decision.fetchKubeconfig) {
    report('the kubeconfig is missing or belongs to another cluster: fetching it again');
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
  { engine, environment, report, signal }: NodesInput,
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
