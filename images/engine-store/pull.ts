import { type Engine, runEngine } from '../engine/engine.ts';
import { containerPlatform } from '../engine/platform.ts';
import { storedImage } from '../mirror/folder.ts';
import { dockerArchive } from '../oci/docker-archive.ts';
import { pullImage } from '../pull/pull.ts';
import type { Report } from '../report.ts';

/**
 * Supplies an image to the engine's store, under its name in manifests. It is pulled into the mirror's folder and loaded
 * from there, so that every image is verified by its digest in the same way with every engine.
 */
export async function pullEngineImage(
  engine: Engine,
  { ref, digest }: { ref: string; digest?: string | undefined },
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<void> {
  const target = storedImage(ref);
  report(`pulling ${ref}`);
  const { manifest } = await pullImage(ref, target, {
    digest,
    platform: containerPlatform(),
    registryMirror: engine.registryMirror,
    report,
    signal,
  });
  report(`loading ${ref} into ${engine.name}`);
  await runEngine(engine, ['load'], {
    input: dockerArchive(ref, manifest, target.store),
    signal,
    timeoutSeconds: 900,
  });
}
