import { compare, diff, major, minor } from 'semver';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import type { Loaded, Source } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

const field = ['kubernetes', 'version'] as const;

/** The Kubernetes version of cluster.yaml must be in the lock file. */
export function checkVersion({ source, value }: Loaded<Cluster>, { lock }: Repository): Diagnostic[] {
  const { version } = value.kubernetes;
  const locked = lock.value.kubernetes;
  // Machines are upgraded and can still run the previous version; Kind always creates new nodes.
  const previous = lock.value.binaries['kubernetes-previous']?.version;
  if (version === locked || (value.provider.kind !== 'kind' && version === previous)) return [];
  return [
    diagnosticAt(source, field, {
      code: 'version-not-locked',
      what: `Kubernetes ${version} is not the version of ${reference(lock.source, ['kubernetes'])}`,
      why: 'only versions of the lock file can be installed',
      fix: `write version: ${locked}`,
    }),
  ];
}

/**
 * The diagnostic of an upgrade that kubeadm does not support: it goes to the next minor version or stays within
 * one, and never goes back (Kubernetes documentation, 'Upgrading kubeadm clusters' and 'Version Skew
 * Policy').
 */
export function checkUpgrade(
  { source, value }: { source: Source; value: Pick<Cluster, 'kubernetes'> },
  running: string,
): Diagnostic[] {
  const { version } = value.kubernetes;
  const words = compare(version, running) < 0 ? backwards(version, running) : skips(version, running);
  return words === undefined ? [] : [diagnosticAt(source, field, words)];
}

function backwards(version: string, running: string): Words {
  return {
    code: 'version-goes-back',
    what: `Kubernetes ${version} is older than the running ${running}`,
    why: 'the older version may not be able to read data that the newer one wrote to etcd',
    fix: `write version: ${running}; to go back, create a new cluster and restore a snapshot from before the upgrade`,
  };
}

function skips(version: string, running: string): Words | undefined {
  const sameMajor = major(version) === major(running);
  if (diff(version, running) === null || (sameMajor && minor(version) <= minor(running) + 1))
    return undefined;
  return {
    code: 'version-skips-minor',
    what: `Kubernetes ${version} is more than one minor version above the running ${running}`,
    why: 'kubeadm upgrades one minor version at a time',
    fix: `upgrade to v${major(running)}.${minor(running) + 1} first, here and in images/lock.yaml`,
  };
}
