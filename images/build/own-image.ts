import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildEnvironment } from '../engine/builder.ts';
import { type Engine, runEngine } from '../engine/engine.ts';
import { ensureEngineImage } from '../engine-store/ensure-image.ts';
import { exportEngineImage } from '../engine-store/export.ts';
import { recipeOf } from '../go/recipe.ts';
import type { Lock, LockImage } from '../lock/schema.ts';
import { folderEntries } from '../oci/folder-entries.ts';
import type { StoredImage } from '../oci/image-store.ts';
import type { Report } from '../report.ts';
import { basesOf, dockerfileOf } from './dockerfile.ts';
import { filesFolder } from './folders.ts';

/** Environment variables that a build container needs to reach package servers. */
const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/**
 * Builds an image that exists only in this repository, if images are pulled: the engine builds it on pulled images, so that this
 * machine needs neither root nor Go nor a package manager. The result is in the mirror's store.
 */
export async function buildOwnImage(
  lock: Lock,
  image: LockImage,
  target: StoredImage,
  { engine, report, signal }: { engine: Engine; report: Report; signal?: AbortSignal | undefined },
): Promise<{ digest: string; size: number }> {
  const { build, ref } = image;
  if (build === undefined) throw new Error(`${ref} says nothing of how it is built`);
  for (const base of basesOf(build)) await ensureEngineImage(base, { engine, report, signal });
  report(`building ${ref} with ${engine.name}`);
  const context = mkdtempSync(join(tmpdir(), 'plinth-image-'));
  try {
    await writeContext(lock, build, context);
    const proxies = proxyVariables.filter((name) => process.env[name] !== undefined);
    await runEngine(
      // With an attestation the result would be an index.
      {
        ...engine,
        env: { ...engine.env, ...buildEnvironment(engine), BUILDX_NO_DEFAULT_ATTESTATIONS: '1' },
      },
      ['build', '--quiet', ...proxies.flatMap((name) => ['--build-arg', name]), '--tag', ref, context],
      { signal, timeoutSeconds: 1800 },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  const digest = await exportEngineImage(engine, ref, target, signal);
  const size = await runEngine(engine, ['image', 'inspect', '--format', '{{.Size}}', ref], { signal });
  return { digest, size: Number(size) };
}

/** Files of the build context, with modes that do not depend on the clone of this repository. */
async function writeContext(
  lock: Lock,
  build: NonNullable<LockImage['build']>,
  context: string,
): Promise<void> {
  const copy = async (from: string, to: string): Promise<void> => {
    for (const { path, content, mode } of folderEntries(from)) {
      const target = join(to, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      await chmod(target, mode);
    }
  };
  if (build.files !== undefined) await copy(join(filesFolder, build.files), join(context, 'files'));
  for (const executable of Object.values(build.binaries)) {
    const { component, wrapperDir } = recipeOf(lock, executable);
    await copy(wrapperDir, join(context, 'go', lock.binaries[component]?.go.wrapper ?? ''));
  }
  for (const entry of readdirSync(context, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
  await writeFile(join(context, 'Dockerfile'), dockerfileOf(build, lock));
}
