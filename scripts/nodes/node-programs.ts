import { basename } from 'node:path';
import { readEntry } from '../../images/cache/index.ts';
import { recipeOf } from '../../images/go/index.ts';
import { buildBinaries, type Report } from '../../images/index.ts';
import type { Lock } from '../../images/lock/index.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';

/** Suffix of the component and programs of the previous Kubernetes version. */
const previousSuffix = '-previous';

/** Components whose programs run directly on machines; all others run in pods. */
const components = ['containerd', 'etcdctl'];

/** A program in the cache. */
export interface Program {
  path: string;
  sha256: string;
}

/**
 * The programs that this machine copies to nodes, by name, from the common cache: downloaded or built if missing,
 * verified by checksum.
 */
export async function nodePrograms(
  cluster: Cluster,
  lock: Lock,
  options: { report: Report; signal?: AbortSignal | undefined },
): Promise<Record<string, Program>> {
  const { distribution, version } = cluster.kubernetes;
  const previous = version === lock.kubernetes ? '' : previousSuffix;
  if (distribution === 'k3s' && !('k3s' in lock.binaries)) {
    throw new Failure(
      'images/lock.yaml has no k3s yet: it is no plain Go module, and its release could not be had where this was made.',
      'Write kubernetes: { distribution: kubeadm, … } in cluster.yaml.',
    );
  }
  const wanted = distribution === 'k3s' ? ['k3s'] : [...components, `kubernetes${previous}`];
  const built = await buildBinaries(wanted, { lock, ...options });
  return Object.fromEntries(
    [...built.values()].map((path) => {
      const name = basename(path);
      const sha256 = readEntry(recipeOf(lock, name))?.files[name]?.sha256 ?? '';
      return [name.replace(previousSuffix, ''), { path, sha256 }];
    }),
  );
}
