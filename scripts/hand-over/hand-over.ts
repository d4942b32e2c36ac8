import { execa } from 'execa';
import { ensureProgram } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';
import { ensureNodeFeatures } from '../cluster/node-features.ts';
import { fluxDefinitions, fluxObjects } from '../flux/bootstrap.ts';
import { ensureDecryptionKey } from '../flux/decryption-key.ts';
import { syncObjects } from '../flux/sync.ts';
import { keepThis } from '../secrets/key-files.ts';
import { type DeployKeyFiles, ensureDeployKey } from './deploy-key.ts';

interface Options {
  environment: Environment;
  /** Map from path to text, as rendered. */
  manifests: ReadonlyMap<string, string>;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  deployKey: DeployKeyFiles;
  report: (line: string) => void;
}

/**
 * Hands a cluster of machines over to Flux: installs Flux's definitions, Flux itself, and its source. Applied
 * with Flux's field manager, which takes the objects over. A second run changes nothing, because both use the
 * same render.
 */
export async function handOver(options: Options): Promise<void> {
  const { environment, manifests, kubeconfig, deployKey, report } = options;
  const { source } = environment.cluster;
  if (source.kind !== 'git') {
    throw new Failure(
      `clusters/${environment.name}/cluster.yaml: source.kind is '${source.kind}', which only init-cluster supports.`,
      'Write source: { kind: git, url: … }, with an address that the machines can reach.',
    );
  }
  const kubectl = await ensureProgram('kubectl', report);
  const run = async (args: string[], input?: string): Promise<string> => {
    const result = await execa(kubectl, [`--kubeconfig=${kubeconfig}`, ...args], {
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      reject: false,
    });
    if (!result.failed) return String(result.stdout);
    throw new Failure(
      `kubectl ${args.join(' ')}: ${String(result.stderr).trim()}`,
      'Correct it, then type the same command again: it continues from there.',
    );
  };
  const apply = [
    'apply',
    '--server-side',
    '--force-conflicts',
    '--field-manager=kustomize-controller',
    '-f',
    '-',
  ];
  const changed = await ensureNodeFeatures(environment.cluster, run);
  if (changed.length > 0) report(`labels and taints of ${changed.join(', ')}`);
  const definitions = await fluxDefinitions(environment);
  report('definitions of Flux');
  await run(apply, definitions);
  await run(['wait', '--for=condition=Established', '--timeout=60s', '-f', '-'], definitions);
  report('Flux');
  await run(apply, fluxObjects(environment, manifests));
  const key = await ensureDecryptionKey(environment, run);
  if (key.made) report(keepThis(environment.cluster.name));
  if (await ensureDeployKey(environment, deployKey, run)) report(`deploy key for ${source.url}`);
  report(`Flux reads ${source.url}, branch ${source.branch}, manifests/${environment.name}`);
  await run(apply, syncObjects(environment, manifests));
  // The first `publish` pushes to the registry.
  for (const object of ['gitrepository/platform', 'kustomization/platform', 'kustomization/registry']) {
    report(`waiting for ${object}, 10 minutes at most`);
    await run(['-n', 'flux-system', 'wait', '--for=condition=Ready', '--timeout=10m', object]);
  }
}
