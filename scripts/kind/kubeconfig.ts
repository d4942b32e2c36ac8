import { readFile, rename, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import { kubeconfigPath } from '../cluster/client.ts';

/** The part of a kubeconfig with the cluster's address. */
const kubeconfig = z.object({
  'current-context': z.string().min(1),
  clusters: z.array(z.object({ cluster: z.object({ server: z.string() }) })).length(1),
  users: z.array(z.unknown()).length(1),
});

/** Whether the kubeconfig of a cluster exists, is valid, and has the address of its API server. */
export async function kubeconfigState(
  cluster: string,
  apiPort: number | undefined,
): Promise<'fits' | 'lost'> {
  try {
    const { clusters } = kubeconfig.parse(parse(await readFile(kubeconfigPath(cluster), 'utf8')));
    return new URL(clusters[0]?.cluster.server ?? '').port === String(apiPort) ? 'fits' : 'lost';
  } catch {
    // Missing, truncated or invalid: it can be fetched again in each case.
    return 'lost';
  }
}

/** Makes Kind fetch the kubeconfig from the running control plane again. */
export async function fetchKubeconfig(
  cluster: string,
  kind: { command: string; env: Record<string, string>; signal: AbortSignal; down: string },
): Promise<void> {
  const { command, env, signal, down } = kind;
  const result = await execa(command, ['get', 'kubeconfig', '--name', cluster], {
    env,
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
  });
  if (result.failed) {
    signal.throwIfAborted();
    throw new Failure(
      `the kubeconfig of the cluster ${cluster} cannot be fetched from its control plane: ${result.stderr.trim() || result.shortMessage}. Nothing was removed`,
      `If the cluster was never finished, or its data is not needed: ${down}. Else, for the reason: docker logs ${cluster}-control-plane`,
    );
  }
  const path = kubeconfigPath(cluster);
  await writeFile(`${path}.new`, `${result.stdout}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
