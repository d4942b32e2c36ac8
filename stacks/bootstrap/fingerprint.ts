import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import { repositoryRoot } from '../environment-of.ts';

/** Folders of ansible/ that determine the state of machines. */
const folders = ['group_vars', 'roles'];

/**
 * Changes with every input of the nodes: fields of cluster.yaml, versions of installed programs, the CA of the registry, and
 * Ansible's roles with the files that they copy.
 */
export function fingerprint({ cluster, lock }: Environment, root = repositoryRoot): string {
  const { name, domain, kubernetes, nodes, provider, registry, mirror, source } = cluster;
  const { binaries, images } = lock;
  const hash = createHash('sha256').update(
    JSON.stringify([
      { name, domain, kubernetes, nodes, provider, registry, mirror, source },
      [lock.kubernetes, binaries.containerd?.version, binaries.etcdctl?.version],
      [images.pause?.ref, images.flannel?.ref],
    ]),
  );
  for (const file of playsAndRoles(root)) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`\n${file}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

/** Paths from the root, sorted. */
function playsAndRoles(root: string): string[] {
  const ansible = join(root, 'ansible');
  if (!existsSync(ansible)) return [];
  return readdirSync(ansible, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((file) => {
      const [, first = '', ...below] = file.split(sep);
      return below.length > 0 ? folders.includes(first) : /^[a-z].*\.(yml|cfg)$/.test(first);
    })
    .sort(compareText);
}
