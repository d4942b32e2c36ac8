import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Engine } from '../../images/engine.ts';
import { ensureImageRef } from '../../images/mirror.ts';
import { copyImage } from '../../images/oci/copy.ts';
import { waitForRegistry } from '../../images/oci/registry-answer.ts';
import { headManifest, type Repository } from '../../images/oci/registry-client.ts';
import { parseReference } from '../../images/reference.ts';
import { mirrorRepository, registryName } from '../../images/registry.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../failure.ts';
import { bundle } from './bundle.ts';

/** An image that is built from a folder of an app. */
interface BuiltImage {
  /** As the manifests name it, without registry and tag: `orders`, `orders-migrations`. */
  name: string;
  /** Of its Dockerfile, from the root. */
  folder: string;
  /** The program in it that is bundled first, if any. */
  bundle: string | undefined;
  /** In the mirror registry, where it outlives the clusters. */
  kept: Repository & { tag: string };
  /** In the cluster's registry, by its port on this machine. */
  served: Repository & { tag: string };
}

/** The images of the environment's apps that are built here; their tag is the hash of what goes into them. */
function builtImages(environment: Environment): BuiltImage[] {
  const { provider } = environment.cluster;
  if (provider.kind !== 'kind') return [];
  const image = (ref: string, folder: string, bundle: string | undefined): BuiltImage => {
    const { path, tag } = parseReference(ref);
    const served = { url: `http://127.0.0.1:${provider.ports.registry}`, path, tag };
    return { name: path, folder, bundle, kept: mirrorRepository(ref), served };
  };
  return environment.apps.flatMap((app) => {
    const folder = `apps/${app.name}`;
    const migrations = app.database?.migrations;
    return [
      ...('build' in app.image ? [image(app.imageRef, folder, app.image.bundle)] : []),
      ...(app.migrationsRef === undefined || migrations === undefined
        ? []
        : [image(app.migrationsRef, `${folder}/migrations`, migrations.bundle)]),
    ];
  });
}

/**
 * Builds what the mirror registry does not hold yet, and keeps it there: compressed once, for every cluster of this machine.
 * The base images that the Dockerfiles name come from the mirror registry too.
 */
export async function buildAppImages(
  environment: Environment,
  options: { root: string; engine: Engine; report: (message: string) => void; signal?: AbortSignal },
): Promise<void> {
  const { root, engine, report, signal } = options;
  const run = runner(engine, signal);
  for (const { name, folder, bundle: entry, kept } of builtImages(environment)) {
    if ((await headManifest(kept, kept.tag)) !== undefined) continue;
    for (const base of baseImages(await readFile(join(root, folder, 'Dockerfile'), 'utf8'))) {
      report(`${name}: ${base}`);
      await ensureImageRef(base, { engine, report, ...(signal === undefined ? {} : { signal }) });
    }
    report(`${name}: building`);
    if (entry !== undefined) await bundle({ root, folder, entry });
    const local = `${new URL(kept.url).host}/${kept.path}:${kept.tag}`;
    const built = await run(['build', '--quiet', '--tag', local, join(root, folder)]);
    if (built.exitCode !== 0) {
      throw new Failure(
        `the image of ${name} could not be built from ${folder}/Dockerfile:\n${lastLines(built.stderr)}`,
        'Mend it, then type the same command again.',
      );
    }
    report(`${name}: keeping it`);
    const insecure = engine.name === 'podman' ? ['--tls-verify=false'] : [];
    const pushed = await run(['push', '--quiet', ...insecure, local]);
    if (pushed.exitCode !== 0) {
      throw new Failure(
        `the image of ${name} could not be pushed to the mirror registry: ${lastLines(pushed.stderr)}`,
        `See why: ${engine.name} logs ${registryName}; then type the same command again.`,
      );
    }
  }
}

/** Copies what the cluster's registry does not hold yet out of the mirror registry; both must answer. */
export async function pushAppImages(
  environment: Environment,
  { report, signal }: { report: (message: string) => void; signal?: AbortSignal },
): Promise<number> {
  const images = builtImages(environment);
  const [first] = images;
  // The node's port leads to a pod a moment after the pod is ready. Where it never does, the copy below says why.
  if (first !== undefined) await waitForRegistry(first.served.url, 30, signal);
  let pushed = 0;
  for (const { name, kept, served } of images) {
    if ((await headManifest(served, served.tag)) !== undefined) continue;
    report(`${name}: pushing`);
    const siblings = images.map((image) => image.served.path);
    try {
      await copyImage(kept, served, { siblings, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw new Failure(
        `the image of ${name} could not be pushed to the cluster's registry: ${error instanceof Error ? error.message : error}`,
        'See that the registry runs (npm run status), then type the same command again.',
      );
    }
    pushed++;
  }
  return pushed;
}

/** The images that a Dockerfile starts from, without its own earlier stages and `scratch`. */
export function baseImages(dockerfile: string): string[] {
  const stages = new Set(['scratch']);
  const found = new Set<string>();
  for (const match of dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/gim)) {
    const [, image, stage] = match;
    if (image !== undefined && !stages.has(image)) found.add(image);
    if (stage !== undefined) stages.add(stage);
  }
  return [...found];
}

function runner(engine: Engine, signal: AbortSignal | undefined) {
  return async (args: string[]): Promise<{ exitCode: number; stderr: string }> => {
    const result = await execa(engine.command, args, {
      env: { ...engine.env, DOCKER_BUILDKIT: '0' },
      reject: false,
      stdin: 'ignore',
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    return { exitCode: result.exitCode ?? 1, stderr: result.stderr ?? '' };
  };
}

function lastLines(text: string, count = 20): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
