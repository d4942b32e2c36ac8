import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stateDir } from '../../images/cache/paths.ts';
import { type Engine, ensureProgram, type Report } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';
import { kubeconfigPath } from '../cluster/client.ts';

/** The engine and the environment whose nodes it runs. */
export interface NodesInput {
  engine: Engine;
  environment: Environment;
  report: Report;
  signal: AbortSignal;
}

/** Creates the nodes of a configuration file of Kind. @throws Failure with the last output of Kind. */
export async function createNodes(
  { engine, environment, report, signal }: NodesInput,
  config: string,
): Promise<void> {
  const { cluster } = environment;
  const kind = await ensureProgram('kind', report, { registryMirror: engine.registryMirror });
  report(`kind create cluster, ${cluster.nodes.length} ${cluster.nodes.length === 1 ? 'node' : 'nodes'}`);
  const child = execa(
    kind,
    [
      ...['create', 'cluster', '--name', cluster.name, '--config', config],
      ...['--kubeconfig', kubeconfigPath(cluster.name), '--retain'],
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

/** Removes the cluster's containers with their volumes, and its kubeconfig. */
export async function deleteNodes(engine: Engine, cluster: string, report: Report): Promise<void> {
  const kind = await ensureProgram('kind', report, { registryMirror: engine.registryMirror });
  await execa(kind, ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfigPath(cluster)], {
    env: kindEnvironment(engine),
    stdin: 'ignore',
  });
}

/** Variables of the program `kind`: the engine and the network of the nodes. */
export function kindEnvironment(engine: Engine): Record<string, string> {
  return {
    ...engine.env,
    KIND_EXPERIMENTAL_PROVIDER: engine.name,
    KIND_EXPERIMENTAL_DOCKER_NETWORK: networkName,
    KIND_EXPERIMENTAL_PODMAN_NETWORK: networkName,
  };
}

/** Ends a `kind create` that a killed run left behind: two at once would remove each other's containers. */
export async function endOrphan(folder: string): Promise<void> {
  const pidFile = join(folder, 'kind.pid');
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (pid > 0) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes('create\0cluster')) process.kill(pid, 'SIGKILL');
  }
  await rm(pidFile, { force: true });
}
