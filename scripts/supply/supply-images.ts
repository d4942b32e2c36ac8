import { ensureEngine, nodeImageName, supply, supplyNames } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { ensureMirror, verifyMirrored } from '../../images/mirror/index.ts';
import { Failure } from '../cli/failure.ts';
import { listSupply } from './list-supply.ts';

/** Brings images and artifacts into the mirror, and lists them. Without `names`, all of the lock file. */
export async function supplyImages(
  names: readonly string[],
  options: { verify?: true; json?: true },
): Promise<number> {
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  const { images, artifacts } = loadLock();
  const unknown = names.find((name) => !(name in images) && !(name in artifacts));
  if (unknown !== undefined) {
    throw new Failure(
      `images/lock.yaml has no image or artifact '${unknown}'.`,
      'To list them: npm run supply -- --list',
    );
  }
  const wanted = names.length === 0 ? supplyNames() : names;
  try {
    const engine = await ensureEngine(report);
    await ensureMirror(engine, report);
    if (options.verify === true) await verify(wanted, report);
    await supply(wanted, { engine, report });
  } catch (error) {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'Supplied images are kept. To continue: type the same command again. For missing requirements: npm run doctor',
      { cause: error },
    );
  }
  return listSupply(names, options);
}

/** Compares the checksums of the images in the mirror; drops an image that differs, so that it is supplied again. */
async function verify(names: readonly string[], report: (line: string) => void): Promise<void> {
  const { images, artifacts } = loadLock();
  for (const name of names) {
    if (name === nodeImageName) continue;
    const ref = (images[name] ?? artifacts[name])?.ref;
    if (ref === undefined) continue;
    for (const fault of await verifyMirrored(ref)) report(fault);
  }
}
