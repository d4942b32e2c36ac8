import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildEnvironment, exportEngineImage } from '../../images/engine/index.ts';
import { type Engine, ensureImageRef, ensureMirroredRef, type Report } from '../../images/index.ts';
import { storedImage } from '../../images/mirror/index.ts';
import {
  copyImage,
  folderEntries,
  headManifest,
  parseReference,
  type StoredImage,
  waitForRegistry,
} from '../../images/oci/index.ts';
import type { AppBuild, Environment } from '../../model/graph.ts';
import { imagesOf } from '../../model/schema/dockerfile.ts';
import { fullReference } from '../../model/schema/image-reference.ts';
import { registryWritePort } from '../../operators/registry/configuration.ts';
import { forwardToPod } from '../call/port-forward.ts';
import { Failure } from '../cli/failure.ts';
import { type BuildContext, withBuildContext } from './build-context.ts';
import { checkBuildSecrets, secretArguments } from './build-secrets.ts';
import { checkBuilder } from './builder-features.ts';
import { compose } from './compose.ts';
import { type Composition, compositionOf, type NeedsEngine } from './composition.ts';

/** An image that is built from a folder of an app. */
export interface BuiltImage extends AppBuild {
  /** Name of the app. */
  app: string;
  /** Name in manifests, without registry and tag: `orders`, `orders-migrations`. */
  name: string;
  /** The image in the folder of the mirror, which outlives clusters. */
  kept: StoredImage;
}

/** The built images of the environment's apps; the tag is the hash of the inputs. */
export function builtImages({ apps }: Environment): BuiltImage[] {
  return apps.flatMap(({ name, builds }) =>
    builds.map((each) => ({
      ...each,
      app: name,
      name: parseReference(each.ref).path,
      kept: storedImage(each.ref),
    })),
  );
}

/**
 * The images that `deploy` brings into a cluster on this machine; other environments get theirs by `publish`.
 */
function imagesToDeploy(environment: Environment): BuiltImage[] {
  return environment.cluster.provider.kind === 'kind' ? builtImages(environment) : [];
}

/** Whether the mirror has an image. */
export function isKept({ kept }: BuiltImage): boolean {
  return kept.store.manifest(kept.path, kept.tag) !== undefined;
}

/** Builds the images that `deploy` needs and the mirror lacks. Returns their number. */
export function buildAppImages(environment: Environment, options: BuildOptions): Promise<number> {
  return buildImages(imagesToDeploy(environment), options);
}

interface BuildOptions {
  root: string;
  engine: Engine;
  report: (message: string) => void;
  /** Only the images of these apps. Default: all. */
  apps?: readonly string[] | undefined;
  signal?: AbortSignal;
}

/**
 * Builds the images that the mirror lacks and stores them there, compressed once for all clusters of this
 * machine. An image that only copies files over a base image is composed here; for the others, the base
 * images of the Dockerfiles are first put into the engine's store. Returns the number of built images.
 */
export async function buildImages(images: readonly BuiltImage[], options: BuildOptions): Promise<number> {
  const { root, engine, report, signal } = options;
  let count = 0;
  for (const image of images) {
    const { app, name, folder, bundle: entry, kept } = image;
    if (options.apps?.includes(app) === false) continue;
    if (isKept(image)) continue;
    const dockerfile = await readFile(join(root, folder, 'Dockerfile'), 'utf8');
    await withBuildContext({ ...image, root, entry, tag: kept.tag }, async (context) => {
      const composition = compositionIn(context.folder, dockerfile);
      if ('reason' in composition) {
        report(`${name}: building with the engine, because the Dockerfile has ${composition.reason}`);
        await buildByEngine(image, dockerfile, context, options);
      } else {
        report(`${name}: adding files to ${composition.base}`);
        const base = await ensureMirroredRef(fullReference(composition.base), { engine, report, signal });
        await compose(composition, base, kept, signal);
      }
    });
    count++;
  }
  return count;
}

function compositionIn(context: string, dockerfile: string): Composition | NeedsEngine {
  const entries = readdirSync(context, { recursive: true, withFileTypes: true });
  const link = entries.find((entry) => entry.isSymbolicLink());
  return link === undefined
    ? compositionOf(dockerfile, folderEntries(context))
    : { reason: `the link ${link.name}` };
}

/** Puts the base images of a Dockerfile into the engine's store. */
export async function ensureBases(
  dockerfile: string,
  { engine, report, signal }: { engine: Engine; report: Report; signal?: AbortSignal | undefined },
): Promise<void> {
  for (const base of new Set(imagesOf(dockerfile).flatMap(({ image }) => image ?? []))) {
    report(base);
    await ensureImageRef(fullReference(base), {
      engine,
      report,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

async function buildByEngine(
  { name, folder, buildArgs, secrets, ref, kept }: BuiltImage,
  dockerfile: string,
  context: BuildContext,
  { engine, report, signal }: BuildOptions,
): Promise<void> {
  checkBuilder(engine, `${folder}/Dockerfile`, dockerfile);
  checkBuildSecrets(name, secrets, process.env);
  await ensureBases(dockerfile, { engine, report: (base) => report(`${name}: ${base}`), signal });
  report(`${name}: building`);
  const options = [...buildArguments(buildArgs), ...secretArguments(secrets)];
  const args = ['build', '--quiet', ...options, '--file', context.dockerfile, '--tag', ref, context.folder];
  const built = await runner(engine, signal)(args);
  if (built.exitCode !== 0) {
    throw new Failure(
      `the image of ${name} could not be built from ${folder}/Dockerfile:\n${lastLines(built.stderr)}`,
      'Correct it, then type the same command again.',
    );
  }
  report(`${name}: storing it`);
  await exportEngineImage(engine, ref, kept, signal);
}

/**
 * Copies missing images to the cluster's registry, by digest. The registry accepts pushes only on its pod's
 * loopback address, so the connection goes through the API server. Images that are not built yet are skipped.
 * Returns the number of copied images.
 */
export async function pushAppImages(
  environment: Environment,
  { report, signal, apps }: Pick<BuildOptions, 'report' | 'signal' | 'apps'>,
): Promise<number> {
  const all = imagesToDeploy(environment);
  const images = all.filter(({ app }) => apps?.includes(app) !== false);
  if (images.length === 0) return 0;
  const way = await forwardToPod(environment.cluster.name, 'registry', registryWritePort);
  try {
    const url = `http://127.0.0.1:${way.port}`;
    await waitForRegistry(url, 30, signal);
    const siblings = all.map(({ name }) => name);
    let pushed = 0;
    for (const { name, kept } of images) {
      const target = { url, path: name, tag: kept.tag };
      const wanted = kept.store.manifest(kept.path, kept.tag)?.digest;
      if (wanted === undefined) continue;
      if ((await headManifest(target, kept.tag)) === wanted) continue;
      report(`${name}: pushing`);
      try {
        await copyImage(kept, target, { siblings, signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw new Failure(
          `the image of ${name} could not be pushed to the cluster's registry: ${error instanceof Error ? error.message : error}`,
          'Check that the registry runs (npm run status), then type the same command again.',
        );
      }
      pushed++;
    }
    return pushed;
  } finally {
    way.close();
  }
}

/** One argument each for `docker build` and `podman build`; no shell parses them. */
export function buildArguments(buildArgs: Readonly<Record<string, string>>): string[] {
  return Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
}

/** The digest of each built image of the environment's apps, by reference. */
export function appImageDigests(environment: Environment): Map<string, string> {
  return new Map(
    imagesToDeploy(environment).flatMap(({ ref, kept }) => {
      const digest = kept.store.manifest(kept.path, kept.tag)?.digest;
      return digest === undefined ? [] : [[ref, digest] as const];
    }),
  );
}

function runner(engine: Engine, signal: AbortSignal | undefined) {
  return async (args: string[]): Promise<{ exitCode: number; stderr: string }> => {
    const result = await execa(engine.command, args, {
      env: { ...engine.env, ...buildEnvironment(engine) },
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
