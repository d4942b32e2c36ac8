import { readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';
import { containerPlatform, runEngine } from '../../images/engine/index.ts';
import { ensureEngine, type Report } from '../../images/index.ts';
import { mirrorFolder } from '../../images/mirror/index.ts';
import { ImageStore } from '../../images/oci/index.ts';
import { chooseSupply } from '../../images/supply/index.ts';
import { Failure } from '../cli/failure.ts';
import type { BundleIndex } from './index-file.ts';
import { lockSum } from './lock-sum.ts';
import { readBundle } from './read-bundle.ts';

/**
 * Takes a bundle into the cache, the mirror and the engine of this machine, which from then on asks no registry. Run again
 * after an interruption, it goes on. Returns the exit code.
 */
export async function loadBundle(
  file: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
): Promise<number> {
  const sum = await lockSum();
  const engineFolder = join(cacheDir(), 'bundle');
  const to = { store: new ImageStore(mirrorFolder()), cache: cacheDir(), engine: engineFolder };
  const accept = (index: BundleIndex): void => refuseOther(file, index, sum);
  const index = await readBundle(resolve(file), to, { accept, report, signal });
  if (index.engineImages.length > 0) {
    const engine = await ensureEngine(report);
    for (const archive of (await readdir(engineFolder)).filter((name) => name.endsWith('.tar'))) {
      report(`${engine.name} load: ${archive}`);
      await runEngine(engine, ['load', '--input', join(engineFolder, archive)], {
        signal,
        timeoutSeconds: 1800,
      });
    }
    await rm(engineFolder, { recursive: true, force: true });
  }
  await chooseSupply(index.supply, basename(file));
  process.stdout.write(
    `${index.images.length} images and ${index.files.length} files of ${index.environment} are here. No registry is asked from now on:\n  ${nextOf(index)}\n`,
  );
  return 0;
}

function nextOf({ environment, engineImages }: BundleIndex): string {
  if (engineImages.length === 0) return `npm run nodes -- apply ${environment}`;
  return `npm run init-cluster${environment === 'dev' ? '' : ` -- --env ${environment}`}`;
}

/** @throws Failure for a bundle of another commit or another processor. */
export function refuseOther(file: string, index: BundleIndex, lock: string): void {
  if (index.lock !== lock) {
    throw new Failure(
      `${file} was saved with another images/lock.yaml: it holds other versions than this checkout wants.`,
      'Check out the commit that it was saved from, or save it again from this one.',
    );
  }
  if (index.platform !== containerPlatform()) {
    throw new Failure(
      `${file} is for ${index.platform}, and this machine's engine runs ${containerPlatform()}.`,
      'Save a bundle on a machine of the same kind.',
    );
  }
}
