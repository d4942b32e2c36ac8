import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Engine } from '../../images/engine.ts';
import { ensureImageRef } from '../../images/mirror.ts';
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
  /** Its full name through the registry's port on this machine. */
  local: string;
}

/** The images of the environment's apps that are built here; their tag is the hash of what goes into them. */
function builtImages(environment: Environment): BuiltImage[] {
  const { provider } = environment.cluster;
  if (provider.kind !== 'kind') return [];
  const image = (ref: string, folder: string, bundle: string | undefined): BuiltImage => {
    const [, name = ref] = /\/([^/:]+):[^/]+$/.exec(ref) ?? [];
    const local = `127.0.0.1:${provider.ports.registry}/${ref.slice(ref.indexOf('/') + 1)}`;
    return { name, folder, bundle, local };
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

/** Builds what the engine does not hold yet; the base images that the Dockerfiles name come from the mirror registry. */
export async function buildAppImages(
  environment: Environment,
  options: { root: string; engine: Engine; report: (message: string) => void; signal?: AbortSignal },
): Promise<void> {
  const { root, engine, report, signal } = options;
  const run = runner(engine, signal);
  for (const { name, folder, bundle: entry, local } of builtImages(environment)) {
    if ((await run(['image', 'inspect', '--format', '{{.Id}}', local])).exitCode === 0) continue;
    for (const base of baseImages(await readFile(join(root, folder, 'Dockerfile'), 'utf8'))) {
      report(`${name}: ${base}`);
      await ensureImageRef(base, { engine, report, ...(signal === undefined ? {} : { signal }) });
    }
    report(`${name}: building`);
    if (entry !== undefined) await bundle({ root, folder, entry });
    const result = await run(['build', '--quiet', '--tag', local, join(root, folder)]);
    if (result.exitCode !== 0) {
      throw new Failure(
        `the image of ${name} could not be built from ${folder}/Dockerfile:\n${lastLines(result.stderr)}`,
        'Mend it, then type the same command again.',
      );
    }
  }
}

/** Pushes what the cluster's registry does not hold yet; it must answer. */
export async function pushAppImages(
  environment: Environment,
  options: { engine: Engine; report: (message: string) => void; signal?: AbortSignal },
): Promise<number> {
  const { engine, report, signal } = options;
  let pushed = 0;
  for (const { name, local } of builtImages(environment)) {
    if (await isInRegistry(local)) continue;
    report(`${name}: pushing`);
    const result = await runner(
      engine,
      signal,
    )(['push', '--quiet', ...(engine.name === 'podman' ? ['--tls-verify=false'] : []), local]);
    if (result.exitCode !== 0) {
      throw new Failure(
        `the image of ${name} could not be pushed to the cluster's registry: ${lastLines(result.stderr)}`,
        'See that the registry runs (npm run status), then type the same command again.',
      );
    }
    pushed++;
  }
  return pushed;
}

/** Whether every image that is built here stands in the cluster's registry. */
export async function appImagesPresent(environment: Environment): Promise<boolean> {
  const present = await Promise.all(builtImages(environment).map(({ local }) => isInRegistry(local)));
  return present.every(Boolean);
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

async function isInRegistry(local: string): Promise<boolean> {
  const [, host, name, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(local) ?? [];
  const accept =
    'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  try {
    const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept },
      signal: AbortSignal.timeout(3000),
    });
    return response.ok;
  } catch {
    return false; // not there yet: the push that follows says why
  }
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
