import { type Lock, loadLock } from '../model/lock.ts';
import { withCacheLock } from './cache-lock.ts';
import type { Engine } from './engine.ts';
import { pullEngineImage } from './engine-pull.ts';
import { ensureNodeImage, nodeImageName } from './node-image.ts';
import { hasEngineImage, importEngineImage, inspectEngineImage } from './oci/engine-image.ts';
import { imageEnvironment } from './oci/image.ts';
import { imageFiles } from './oci/image-files.ts';
import { imageKey } from './oci/image-key.ts';
import { imageRoot } from './oci/suite.ts';
import type { Report } from './report.ts';
import { ensureRoot } from './roots.ts';
import { supplyMode } from './supply-mode.ts';

interface Options {
  engine: Engine;
  report: Report;
  signal?: AbortSignal | undefined;
}

/**
 * Has an image of the lock file in the engine's own store, under its upstream reference, and returns that reference.
 * For what the engine itself runs or builds on: the registry, the nodes, the base images of Dockerfiles.
 */
export async function ensureEngineImage(name: string, options: Options): Promise<string> {
  if (name === nodeImageName) return (await ensureNodeImage(options)).ref;
  const { engine, report, signal } = options;
  const lock = loadLock();
  const image = lock.images[name];
  if (image === undefined) throw new Error(unknownImage(lock, name));
  const { ref, build } = image;
  const key = imageKey(lock, image);
  const present = async (): Promise<string | undefined> => {
    if (await hasEngineImage(engine, ref, key)) return ref;
    // One that was pulled has no label of ours; it stays as long as nothing better can be had.
    return (await supplyMode()) === 'pull' && (await inspectEngineImage(engine, ref)) !== undefined
      ? ref
      : undefined;
  };
  const found = await present();
  if (found !== undefined) return found;
  return withCacheLock(`engine-image-${name}`, { report, signal, done: present }, async () => {
    if ((await supplyMode()) === 'pull') {
      try {
        report(`pulling ${ref}`);
        await pullEngineImage(engine, ref, image.digest, signal);
        return ref;
      } catch (error) {
        signal?.throwIfAborted();
        if (build === undefined) throw error;
        report(`${error instanceof Error ? error.message : String(error)}; building it instead`);
      }
    }
    if (build === undefined) {
      throw new Error(`${ref} can only be pulled, and no registry of images answers from here`);
    }
    report(`making ${ref} for the engine`);
    const files = await imageFiles(build, report, { signal });
    const recipe = imageRoot(lock, build);
    const root = recipe === undefined ? undefined : await ensureRoot(recipe, report, { signal });
    const changes = [
      ...imageEnvironment(build).map((variable) => `ENV ${variable}`),
      ...(build.entrypoint === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(build.entrypoint)}`]),
      ...(build.cmd === undefined ? [] : [`CMD ${JSON.stringify(build.cmd)}`]),
      ...(build.user === undefined ? [] : [`USER ${build.user}`]),
      ...(build.workdir === undefined ? [] : [`WORKDIR ${build.workdir}`]),
    ];
    await importEngineImage(engine, ref, { files, root, key, changes }, signal);
    return ref;
  });
}

/** What to say where the lock file has no image of this name. */
export function unknownImage(lock: Lock, name: string): string {
  const known = Object.keys(lock.images).sort().join(', ');
  return `images/lock.yaml has no image '${name}'. It has ${known}. Add it under images:, or correct the name.`;
}
