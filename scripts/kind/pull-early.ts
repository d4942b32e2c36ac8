import { setTimeout as sleep } from 'node:timers/promises';
import { runEngine } from '../../images/engine/index.ts';
import type { Engine } from '../../images/index.ts';
import { registriesFolder } from './config.ts';

/** An image reference with a digest in a manifest. */
const pinned =
  /^\s*(?:- )?(?:image|imageName): ["']?([a-z0-9.-]+(?::\d+)?\/[a-z0-9._/-]+)(?::[\w.-]+)?(@sha256:[0-9a-f]{64})["']?$/gm;

/** The images that manifests name by digest, each once and without its tag, as containerd stores them. */
export function imagesByDigest(manifests: ReadonlyMap<string, string>): string[] {
  const found = [...manifests.values()].flatMap((text) =>
    [...text.matchAll(pinned)].map(([, name, digest]) => `${name}${digest}`),
  );
  return [...new Set(found)];
}

/** Pulls each argument. A failed pull is left to the kubelet, which pulls again and reports. */
const script = `
until ctr version >/dev/null 2>&1; do sleep 0.2; done
for ref do ctr --namespace k8s.io images pull --hosts-dir ${registriesFolder} "$ref" || true; done
`;

/**
 * Starts to pull images into a node that Kind is making, one after another: while kubeadm starts the control plane, a third of
 * two processors is idle. Returns when the pulls have begun; they end by themselves.
 */
export async function pullEarly(
  engine: Engine,
  node: string,
  images: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const running = ['ps', '--quiet', '--filter', `name=^${node}$`];
  while ((await runEngine(engine, running, { signal })) === '') await sleep(300, undefined, { signal });
  await beginPulls(engine, node, images, signal);
}

/** The same for nodes that run. */
export async function beginPulls(
  engine: Engine,
  node: string,
  images: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await runEngine(engine, ['exec', '--detach', node, 'sh', '-uc', script, 'sh', ...images], { signal });
}
