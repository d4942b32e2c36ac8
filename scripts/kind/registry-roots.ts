import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runEngine } from '../../images/engine/index.ts';
import type { Engine } from '../../images/index.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

/** The files of Ansible's role, which machines get too. */
const role = join(repositoryRoot, 'ansible', 'roles', 'registry_roots', 'files');
const timer = 'plinth-registry-roots.timer';
const places = [
  { file: 'plinth-registry-roots', folder: '/usr/local/sbin', mode: '0755' },
  { file: 'plinth-registry-roots.service', folder: '/etc/systemd/system', mode: '0644' },
  { file: timer, folder: '/etc/systemd/system', mode: '0644' },
];

/** Has each node of Kind fetch the roots of the registry from its cluster, at once and whenever they change. */
export async function ensureRegistryRoots(
  engine: Engine,
  nodes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const files = await Promise.all(
    places.map(async ({ file, folder, mode }) => ({
      path: `${folder}/${file}`,
      mode,
      text: await readFile(join(role, file), 'utf8'),
    })),
  );
  await Promise.all(
    nodes.map(async (node) => {
      for (const { path, mode, text } of files) {
        const write = `cat > "$1.new" && chmod ${mode} "$1.new" && mv "$1.new" "$1"`;
        await runEngine(engine, ['exec', '-i', node, 'sh', '-euc', write, 'sh', path], {
          input: text,
          signal,
        });
      }
      const enable = `systemctl daemon-reload && systemctl enable --now --quiet ${timer}`;
      await runEngine(engine, ['exec', node, 'sh', '-euc', enable], { signal });
    }),
  );
}
