import { type Engine, findEngine } from '../../images/index.ts';
import { mirrorSetting } from '../../model/schema/cluster/mirror.ts';
import { nodeContainers } from '../kind/kind-nodes.ts';
import { beginPulls, imagesByDigest } from '../kind/pull-early.ts';
import { readCluster } from '../repository/read-cluster.ts';

/** The engine of this machine, and the nodes of a cluster that it runs. */
export interface RunningNodes {
  engine: Engine;
  nodes: readonly string[];
}

/** The running nodes of an environment's cluster; undefined if there are none. */
export async function runningNodes(environment: string): Promise<RunningNodes | undefined> {
  const cluster = readCluster(environment);
  const engine = await findEngine(mirrorSetting(cluster));
  if (engine === undefined) return undefined;
  const nodes = (await nodeContainers(engine, cluster.name)).filter(({ running }) => running);
  return nodes.length === 0 ? undefined : { engine, nodes: nodes.map(({ name }) => name) };
}

/**
 * Begins to pull the images of manifests onto a single node, in the background. Of several nodes nobody knows yet which get the pods.
 * A pull that does not begin is left to the kubelet.
 */
export function pullMeanwhile(
  { engine, nodes }: RunningNodes,
  manifests: ReadonlyMap<string, string>,
  signal: AbortSignal,
): void {
  const [node] = nodes;
  const images = imagesByDigest(manifests);
  if (node === undefined || nodes.length > 1 || images.length === 0) return;
  beginPulls(engine, node, images, signal).catch(() => {});
}
