import { compare, diff, major, minor } from 'semver';
import type { Problem, Words } from '../diagnostics/problem.ts';
import type { Loaded, Source } from '../reading/source.ts';
import { problemAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

const field = ['kubernetes', 'version'] as const;

/** The versions of cluster.yaml are those of the lock file. */
export function checkVersion({ source, value }: Loaded<Cluster>, { lock }: Repository): Problem[] {
  const { version } = value.kubernetes;
  const locked = lock.value.kubernetes;
  // Machines are upgraded and may still run the previous version; Kind makes new nodes.
  const previous = lock.value.binaries['kubernetes-previous']?.version;
  if (version === locked || (value.provider.kind !== 'kind' && version === previous)) return [];
  return [
    problemAt(source, field, {
      code: 'version-not-locked',
      what: `Kubernetes ${version} is not the version of ${reference(lock.source, ['kubernetes'])}`,
      why: 'only what the lock file names can be had',
      fix: `write version: ${locked}`,
    }),
  ];
}

/**
 * Whether kubeadm can lead a running cluster from one version to another: to the next minor version or within the same
 * one, and never back (Kubernetes documentation, 'Upgrading kubeadm clusters' and 'Version Skew Policy').
 */
export function checkUpgrade(
  { source, value }: { source: Source; value: Pick<Cluster, 'kubernetes'> },
  running: string,
): Problem[] {
  const { version } = value.kubernetes;
  const words = compare(version, running) < 0 ? backwards(version, running) : skips(version, running);
  return words === undefined ? [] : [problemAt(source, field, words)];
}

function backwards(version: string, running: string): Words {
  return {
    code: 'version-goes-back',
    what: `Kubernetes would go back from ${running} to ${version}`,
    why: 'what the newer one wrote into etcd, the older one may not be able to read',
    fix: `write version: ${running}; to go back, make a new cluster and restore a snapshot of before`,
  };
}

function skips(version: string, running: string): Words | undefined {
  const sameMajor = major(version) === major(running);
  if (diff(version, running) === null || (sameMajor && minor(version) <= minor(running) + 1))
    return undefined;
  return {
    code: 'version-skips-minor',
    what: `Kubernetes would go from ${running} to ${version}`,
    why: 'kubeadm goes one minor version at a time: each converts what the one before has stored',
    fix: `go to v${major(running)}.${minor(running) + 1} first, here and in images/lock.yaml`,
  };
}
