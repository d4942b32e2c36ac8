import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Engine, runEngine } from '../../images/engine/engine.ts';
import { ensureEngineImage } from '../../images/engine-store/ensure-image.ts';
import { exportEngineImage } from '../../images/engine-store/export.ts';
import { recipeOf } from '../../images/go/recipe.ts';
import { type Lock, neededBinaries } from '../../images/lock/index.ts';
import { storedImage } from '../../images/mirror/folder.ts';
import { ensureNodeImage } from '../../images/node-image/node-image.ts';
import { ownHost } from '../../images/oci/reference.ts';
import { supply, supplyNames } from '../../images/supply.ts';

/**
 * Has every image of the lock file that upstream publishes in this machine's mirror, built here where it is not there
 * yet, and returns their references; those aside that nothing here says how to build.
 */
export async function upstreamImages(
  engine: Engine,
  lock: Lock,
  report: (line: string) => void,
): Promise<Map<string, string>> {
  const needed = neededBinaries(lock);
  const built = supplyNames().filter((name) => {
    const build = lock.images[name]?.build;
    // Not those of the version of Kubernetes before, which take ten minutes and which no cluster here runs.
    return (
      build !== undefined &&
      Object.values(build.binaries).every((program) => needed.includes(recipeOf(lock, program).component))
    );
  });
  await supply(built, { engine, report });
  const { ref: node } = await ensureNodeImage({ engine, report });
  await exportOnce(engine, node, report);
  const compiler = lock.images.golang?.ref;
  if (compiler !== undefined) await haveCompiler(engine, compiler, report);
  const found = new Map<string, string>();
  for (const [name, { ref }] of Object.entries(lock.images)) {
    const { store, path, tag } = storedImage(ref);
    if (!ref.startsWith(`${ownHost}/`) && store.manifest(path, tag) !== undefined) found.set(name, ref);
  }
  return found;
}

async function exportOnce(engine: Engine, ref: string, report: (line: string) => void): Promise<void> {
  const target = storedImage(ref);
  if (target.store.manifest(target.path, target.tag) !== undefined) return;
  report(`exporting ${ref}`);
  await exportEngineImage(engine, ref, target);
}

/** In place of upstream's image of Go: Debian, and the Go of this machine. */
async function haveCompiler(engine: Engine, ref: string, report: (line: string) => void): Promise<void> {
  const target = storedImage(ref);
  if (target.store.manifest(target.path, target.tag) !== undefined) return;
  const base = await ensureEngineImage('debian', { engine, report });
  const { stdout: root } = await execa('go', ['env', 'GOROOT']);
  const context = await mkdtemp(join(tmpdir(), 'plinth-golang-'));
  try {
    report(`making ${ref} of the Go in ${root}`);
    await cp(root, join(context, 'go'), { recursive: true, dereference: true });
    await writeFile(
      join(context, 'Dockerfile'),
      `FROM ${base}\nCOPY go /usr/local/go\nENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n`,
    );
    await runEngine(engine, ['build', '--tag', ref, context], { timeoutSeconds: 900 });
    await exportEngineImage(engine, ref, target);
  } finally {
    await rm(context, { recursive: true, force: true });
    await runEngine(engine, ['image', 'rm', ref]).catch(() => undefined);
  }
}
