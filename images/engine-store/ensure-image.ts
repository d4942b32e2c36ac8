import { imageEnvironment } from '../build/build-image.ts';
import { imageFiles } from '../build/image-files.ts';
import { imageKey } from '../build/image-key.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { readImageNote, writeImageNote } from '../cache/image-note.ts';
import { ensureRoot } from '../debian/root-filesystem.ts';
import { imageRoot } from '../debian/suite.ts';
import { type Engine, runEngine } from '../engine/engine.ts';
import { loadLock } from '../lock/read.ts';
import type { Lock } from '../lock/schema.ts';
import { ensureNodeImage, nodeImageName } from '../node-image/node-image.ts';
import type { Report } from '../report.ts';
import { supplyMode } from '../supply/mode.ts';
import { hasEngineImage, importEngineImage, inspectEngineImage } from './engine-image.ts';
import { pullEngineImage } from './pull.ts';

interface Options {
  engine: Engine;
  report: Report;
  signal?: AbortSignal | undefined;
}

/**
 * Supplies an image of the lock file to the engine's store, under its upstream reference, and returns that reference.
 * For images that the engine itself uses: the registry, the nodes, base images of Dockerfiles.
 */
export async function ensureEngineImage(name: string, options: Options): Promise<string> {
  if (name === nodeImageName) return (await ensureNodeImage(options)).ref;
  const { engine, report, signal } = options;
  const lock = loadLock();
  const image = lock.images[name];
  if (image === undefined) throw new Error(unknownImage(lock, name));
  const { ref, build } = image;
  const key = imageKey(lock, image);
  const noteName = `engine-${name}`;
  const present = async (): Promise<string | undefined> => {
    if (await hasEngineImage(engine, ref, key)) return ref;
    // A pulled image has no label of Plinth. It stays, even if the registries do not answer now.
    const note = readImageNote(noteName);
    const id = note?.key === key ? await inspectEngineImage(engine, ref) : undefined;
    return id !== undefined && note?.digest === id ? ref : undefined;
  };
  const found = await present();
  if (found !== undefined) return found;
  return withCacheLock(`engine-image-${name}`, { report, signal, done: present }, async () => {
    if ((await supplyMode(report, engine.registryMirror)) === 'pull') {
      const started = performance.now();
      await pullEngineImage(engine, image, { report, signal });
      const digest = (await inspectEngineImage(engine, ref)) ?? '';
      const size = Number(await runEngine(engine, ['image', 'inspect', '--format', '{{.Size}}', ref]));
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      await writeImageNote(noteName, { key, ref, digest, source: 'pulled', seconds, size });
      return ref;
    }
    if (build === undefined) {
      throw new Error(
        `${ref} can only be pulled: nothing here says how it is built. To pull: PLINTH_SUPPLY=pull`,
      );
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

/** Error for a name without an image in the lock file. */
export function unknownImage(lock: Lock, name: string): string {
  const known = Object.keys(lock.images).sort().join(', ');
  return `images/lock.yaml has no image '${name}'. It has ${known}. Add it under images:, or correct the name.`;
}
