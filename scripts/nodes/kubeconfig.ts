import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { stateDir } from '../../images/cache/paths.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import type { Site } from './site.ts';

/**
 * Converts the admin kubeconfig of the first control plane, which the play fetched, into one for this machine: with an address,
 * because only nodes resolve the API server's name. Returns its path; undefined after a check, which fetches none.
 */
export async function fetchKubeconfig({ cluster, endpoint, inventory }: Site): Promise<string | undefined> {
  const text = await readFile(join(stateDir(), cluster.name, 'admin.conf'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (text === undefined) return undefined;
  const document = parseDocument(text);
  document.setIn(['clusters', 0, 'cluster', 'server'], `https://${endpoint}:6443`);
  document.setIn(['clusters', 0, 'cluster', 'tls-server-name'], inventory.all.vars.api_name);
  const path = kubeconfigPath(cluster.name);
  await writeFile(`${path}.new`, document.toString(), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return path;
}
