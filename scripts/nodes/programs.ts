import { buildBinaries } from '../../images/go-build.ts';
import type { Report } from '../../images/report.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Lock } from '../../model/lock.ts';

/** Ends the names of the component and of the programs of the version before the present one. */
const previousSuffix = '-previous';

/** Components whose programs run on the machines themselves; all others run in pods. */
const components = ['containerd', 'etcdctl'];

/**
 * The programs that machines get from here, from the same cache as everything else: downloaded or built where missing,
 * compared with their checksums. From the name of a program to its path.
 */
export async function nodePrograms(
  cluster: Cluster,
  lock: Lock,
  options: { report: Report; signal?: AbortSignal | undefined },
): Promise<Record<string, string>> {
  const { distribution, version } = cluster.kubernetes;
  if (distribution === 'k3s') return Object.fromEntries(await buildBinaries(['k3s'], { lock, ...options }));
  const previous = version === lock.kubernetes ? '' : previousSuffix;
  const built = await buildBinaries([...components, `kubernetes${previous}`], { lock, ...options });
  return Object.fromEntries([...built].map(([name, path]) => [name.replace(previousSuffix, ''), path]));
}
