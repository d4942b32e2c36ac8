import { execa } from 'execa';
import { ensureProgram } from '../../images/index.ts';

/** Objects that people create by hand before Flux reads Git, because no secret is in Git. */
export async function secretsByHand(kubeconfig: string, given: { authority: string }): Promise<void> {
  const objects = [
    namespace('flux-system'),
    secret('flux-system', 'git-authority', 'Opaque', { 'ca.crt': given.authority }),
  ];
  for (const object of objects) await kubectl(kubeconfig, ['apply', '--filename=-'], JSON.stringify(object));
}

/** Names of all Kustomizations, once each of them is Ready. */
export async function readyKustomizations(kubeconfig: string): Promise<string[]> {
  const all = ['--namespace=flux-system', 'kustomizations.kustomize.toolkit.fluxcd.io'];
  await kubectl(kubeconfig, ['wait', '--for=condition=Ready', '--all', '--timeout=20m', ...all]);
  const names = await kubectl(kubeconfig, ['get', '--output=name', ...all]);
  return names
    .split('\n')
    .map((name) => name.split('/')[1] ?? '')
    .sort();
}

/** Runs the kubectl of the lock file. */
export async function kubectl(kubeconfig: string, args: string[], input?: string): Promise<string> {
  const path = await ensureProgram('kubectl', () => undefined);
  const { stdout } = await execa(path, [`--kubeconfig=${kubeconfig}`, ...args], {
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  return stdout;
}

function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function secret(inNamespace: string, name: string, type: string, stringData: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: inNamespace }, type, stringData };
}
