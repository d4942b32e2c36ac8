import { buildBinaries } from '../../images/go-build.ts';
import type { Report } from '../../images/report.ts';
import type { Cluster } from '../../model/cluster.ts';
import type { Lock } from '../../model/lock.ts';

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
  const names = cluster.kubernetes.distribution === 'k3s' ? ['k3s'] : [...components, 'kubernetes'];
  return Object.fromEntries(await buildBinaries(names, { lock, ...options }));
}
