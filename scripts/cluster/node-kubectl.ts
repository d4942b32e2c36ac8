import { execa } from 'execa';
import type { Engine } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';

/** Runs kubectl in the control plane's container, so that this machine needs none. */
export async function nodeKubectl(
  engine: Engine,
  cluster: string,
  args: string[],
  options: { input?: string; signal?: AbortSignal } = {},
): Promise<string> {
  const { input, signal } = options;
  const result = await execa(
    engine.command,
    [
      'exec',
      ...(input === undefined ? [] : ['-i']),
      `${cluster}-control-plane`,
      'kubectl',
      '--kubeconfig=/etc/kubernetes/admin.conf',
      ...args,
    ],
    {
      env: engine.env,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  if (result.isCanceled) signal?.throwIfAborted();
  if (result.failed) {
    throw new Failure(
      `kubectl ${args.join(' ')} failed in ${cluster}: ${result.stderr?.trim() || result.shortMessage}`,
      'Check the cluster with: npm run status. Then type the same command again.',
    );
  }
  return result.stdout ?? '';
}

/** The same for one cluster. */
export function kubectlOf(
  engine: Engine,
  cluster: string,
  signal: AbortSignal,
): (args: string[], input?: string) => Promise<string> {
  return (args, input) =>
    nodeKubectl(engine, cluster, args, { signal, ...(input === undefined ? {} : { input }) });
}

/**
 * Applies objects with one call, with the field manager of Flux's kustomize-controller, which takes them
 * over: fields that are removed from the manifests later are also removed from the cluster.
 */
export async function applyAsFlux(
  engine: Engine,
  cluster: string,
  yaml: string,
  signal?: AbortSignal,
): Promise<void> {
  await nodeKubectl(
    engine,
    cluster,
    ['apply', '--server-side', '--force-conflicts', '--field-manager=kustomize-controller', '-f', '-'],
    { input: yaml, ...(signal === undefined ? {} : { signal }) },
  );
}
