import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { objectId } from '../../../charts/kube/object-id.ts';
import { cacheDir, stateDir } from '../../../images/cache/paths.ts';
import { stopPrivateEngine } from '../../../images/engine/index.ts';
import { type Engine, findEngine } from '../../../images/index.ts';
import { removeMirror } from '../../../images/mirror/index.ts';
import { Failure } from '../../cli/failure.ts';
import { formatTimes, type Phase, Phases, runPhases } from '../../cli/phases.ts';
import { withClusterLock } from '../../cluster/run-lock.ts';
import { type NodeContainer, strangers } from '../../kind/decision.ts';
import { deleteNodes } from '../../kind/kind-command.ts';
import { nodeContainers } from '../../kind/kind-nodes.ts';
import { engineIdentity, inspectNodes } from '../../kind/node-containers.ts';
import { readRecord, writeRecord } from '../../kind/record.ts';
import { dataIn } from '../../render/data.ts';
import { readCluster, repositoryRoot } from '../../repository/read-cluster.ts';
import { consent } from './consent.ts';
import { heldData } from './held-data.ts';
import { removeCaches } from './remove-caches.ts';

/**
 * Removes a cluster: its nodes and state and, with the last cluster, the mirror, its network and the private
 * engine. Built and pulled images stay in the cache unless `purge` is set. It lists the data first and asks
 * for a confirmation, unless `yes` is set.
 */
export async function takeDown(options: {
  environment: string;
  purge: boolean;
  yes: boolean;
}): Promise<number> {
  const { environment, purge, yes } = options;
  const { name } = readCluster(environment);
  return withClusterLock(name, async () => {
    const again = `npm run init-cluster -- --env ${environment} --down${purge ? ' --purge' : ''}`;
    const engine = await findEngine();
    if (engine !== undefined) await agree(engine, name, { environment, again, yes });
    const controller = new AbortController();
    const { times } = await runPhases(phases({ name }, purge), { controller, again: `${again} --yes` });
    process.stdout.write(`\n${formatTimes(times)}\n`);
    return 0;
  });
}

/**
 * Lists the data that is lost, asks for a confirmation, and records that a later run may remove the remaining
 * nodes.
 */
async function agree(
  engine: Engine,
  cluster: string,
  { environment, again, yes }: { environment: string; again: string; yes: boolean },
): Promise<void> {
  const containers = await inspectNodes(engine, cluster);
  if (containers.length === 0) return;
  const record = await readRecord(cluster);
  // Unfinished nodes have no data.
  if (record.phase !== 'unfinished' || strangers(containers, nodeFiles(cluster)).length > 0) {
    process.stderr.write(`${await holdings(engine, cluster, environment, containers)}\n`);
    if (!yes) await consent(`Remove ${cluster} with all of this? Type yes: `, { again: `${again} --yes` });
  }
  await writeRecord(cluster, { phase: 'unfinished', engine: await engineIdentity(engine) });
}

async function holdings(
  engine: Engine,
  cluster: string,
  environment: string,
  containers: NodeContainer[],
): Promise<string> {
  const files = strangers(containers, nodeFiles(cluster))[0]?.files;
  const lines = [
    `${cluster} will be removed: the containers ${containers.map(({ name }) => name).join(', ')}${files === undefined ? '' : `, created from ${files}`}, with this data:`,
  ];
  try {
    const data = await heldData(engine, cluster);
    lines.push(...data.map(({ kind, name, size }) => `  ${kind} ${name}, ${size}`));
    if (data.length === 0) lines.push('  no database and no volume');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const described = dataIn(join(repositoryRoot, 'manifests'), environment);
    lines.push(
      ...described.map(({ object }) => `  ${objectId(object)}, from manifests/${environment}`),
      `  The data of the running cluster is unknown: ${error.message}`,
    );
  }
  lines.push('To copy a database first: docs/moving-a-database.md');
  return lines.join('\n');
}

function nodeFiles(cluster: string): string {
  return join(stateDir(), cluster, 'nodes');
}

interface Given {
  /** Cluster name. */
  name: string;
}

function phases(start: Given, purge: boolean): Phases<Given> {
  const all = Phases.from(start).add(nodesRemoved(start.name)).add(engineStopped).add(stateRemoved);
  return purge ? all.add(cachesRemoved) : all;
}

const nodesRemoved = (name: string): Phase<Given> => ({
  title: `Nodes of ${name} removed`,
  run: async (_, report) => {
    const engine = await findEngine();
    if (engine === undefined) return { result: {}, unchanged: 'no engine runs' };
    const containers = await inspectNodes(engine, name);
    if (containers.length > 0) await deleteNodes(engine, name, report);
    return { result: {}, unchanged: containers.length === 0 ? 'there were none' : undefined };
  },
});

/** `last`: no other cluster uses the mirror and the engine. */
const engineStopped: Phase<Given, { last: boolean }> = {
  title: 'Mirror registry and engine stopped',
  run: async (_, report) => {
    const engine = await findEngine();
    const others = engine === undefined ? [] : (await nodeContainers(engine)).map(({ name }) => name);
    if (others.length > 0) {
      return { result: { last: false }, unchanged: `still used by ${others.join(', ')}` };
    }
    if (engine !== undefined) await removeMirror(engine);
    if (engine === undefined || engine.private) await stopPrivateEngine(report);
    return { result: { last: true } };
  },
};

const stateRemoved: Phase<Given> = {
  title: 'State removed',
  run: async ({ name }) => {
    await rm(join(stateDir(), name), { recursive: true, force: true });
    return { result: {} };
  },
};

const cachesRemoved: Phase<Given & { last: boolean }> = {
  title: 'Caches removed',
  run: async ({ last }) => {
    if (!last) return { result: {}, unchanged: 'used by other clusters' };
    await removeCaches(cacheDir());
    return { result: {} };
  },
};
