import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../model/graph.ts';
import { compareText } from '../../model/problem.ts';
import { repositoryRoot } from '../environment.ts';

/** Changes with everything that says what the nodes should be: cluster.yaml's part of it, and Ansible's roles. */
export function fingerprint({ cluster }: Environment, root = repositoryRoot): string {
  const { name, domain, kubernetes, nodes, provider, registry, source } = cluster;
  const hash = createHash('sha256').update(
    JSON.stringify({ name, domain, kubernetes, nodes, provider, registry, source }),
  );
  const ansible = join(root, 'ansible');
  const files = existsSync(ansible)
    ? readdirSync(ansible, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(ya?ml|j2|cfg)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name).slice(ansible.length))
        .sort(compareText)
    : [];
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(join(ansible, file)));
  return hash.digest('hex');
}
