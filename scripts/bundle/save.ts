import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';
import {
  containerPlatform,
  ensureEngineImage,
  inspectEngineImage,
  runEngine,
} from '../../images/engine/index.ts';
import {
  type Engine,
  ensureEngine,
  ensureProgram,
  nodeImageName,
  type Report,
  supply,
} from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { ensureMirror, storedImage } from '../../images/mirror/index.ts';
import type { StoredImage } from '../../images/oci/index.ts';
import { supplyMode } from '../../images/supply/index.ts';
import type { Environment } from '../../model/graph.ts';
import { mirrorSetting } from '../../model/schema/cluster/mirror.ts';
import { buildImages, builtImages } from '../app-images/app-images.ts';
import { environmentImages } from '../init-cluster/image-sets.ts';
import { mirrorCharts } from '../init-cluster/mirror-charts.ts';
import { nodePrograms } from '../nodes/node-programs.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { bundleContent } from './content.ts';
import type { BundleIndex } from './index-file.ts';
import { lockSum } from './lock-sum.ts';
import { withBundleLock, writeBundle } from './write-bundle.ts';

/** Images that the engine itself runs: the nodes of Kind, and the mirror. */
const engineImageNames = [nodeImageName, 'registry'];

interface Options {
  report: Report;
  signal?: AbortSignal | undefined;
}

/**
 * Saves everything that an environment needs into one file: what is missing on this machine is supplied first. Run again after an
 * interruption, it goes on. Returns the exit code.
 */
export async function saveBundle(env: Environment, file: string, options: Options): Promise<number> {
  const target = resolve(file);
  await mkdir(dirname(target), { recursive: true });
  const index = await withBundleLock(target, () => save(env, target, options));
  const size = index.files.reduce((sum, each) => sum + each.size, 0);
  process.stdout.write(
    [
      `${target}: ${index.images.length} images, ${index.files.length} files, ${Math.round(size / 2 ** 20)} MiB`,
      'On a machine without a network, in a checkout of this commit with its packages (node_modules):',
      `  npm run bundle -- load ${file}`,
      '',
    ].join('\n'),
  );
  return 0;
}

async function save(env: Environment, target: string, options: Options): Promise<BundleIndex> {
  const { report, signal } = options;
  const registryMirror = mirrorSetting(env.cluster);
  const engine = await ensureEngine(report, registryMirror);
  await ensureMirror(engine, report, signal);
  const names = environmentImages(env);
  const given = { engine, report, signal };
  await supply(names, given);
  await mirrorCharts(env, given);
  const apps = builtImages(env);
  await buildImages(apps, {
    root: repositoryRoot,
    engine,
    report,
    ...(signal === undefined ? {} : { signal }),
  });
  const scratch = `${target}.parts`;
  const engineImages =
    env.cluster.provider.kind === 'kind' ? await savedImages(scratch, given) : new Map<string, string>();
  report('comparing checksums');
  const content = await bundleContent({
    environment: env.name,
    lock: await lockSum(),
    platform: containerPlatform(),
    supply: await supplyMode(report, registryMirror),
    images: [...mirrored(env, names), ...apps.map(({ kept, ref }) => ({ ...kept, ref }))],
    cached: [...notesOf(env, names), ...(await programFolders(env, options)), 'artifacts', 'charts'],
    engineImages,
    scratch,
  });
  await writeBundle(target, content, options);
  await rm(scratch, { recursive: true, force: true });
  return content.index;
}

function mirrored(env: Environment, names: readonly string[]): (StoredImage & { ref: string })[] {
  const { images, artifacts } = loadLock();
  const refs = names
    .filter((name) => name !== nodeImageName)
    .flatMap((name) => (images[name] ?? artifacts[name])?.ref ?? []);
  const charts =
    env.cluster.artifacts === 'mirror'
      ? env.operators.flatMap(({ chart }) =>
          chart !== undefined && 'oci' in chart
            ? [`${chart.oci.slice('oci://'.length)}:${chart.version.replaceAll('+', '_')}`]
            : [],
        )
      : [];
  return [...refs, ...charts].map((ref) => ({ ...storedImage(ref), ref }));
}

/** Files of the cache that say what is there. */
function notesOf({ operators }: Environment, names: readonly string[]): string[] {
  const charts = operators.flatMap(({ chart }) =>
    chart === undefined ? [] : [`chart-${chart.digest.slice('sha256:'.length).slice(0, 16)}`],
  );
  const engine = engineImageNames.map((name) => `engine-${name}`);
  return [...names, ...charts, ...engine].map((name) => join('images', `${name}.json`));
}

/** Folders of the cache with the programs that commands run on this machine, and of those that go to machines. */
async function programFolders(env: Environment, { report, signal }: Options): Promise<string[]> {
  const lock = loadLock();
  const charts = env.operators.some(({ chart }) => chart !== undefined);
  const names = ['kind', 'kubectl', ...(charts ? ['helm'] : [])];
  const own = [];
  for (const name of names) own.push(await ensureProgram(name, report, { signal }));
  const ofNodes =
    env.cluster.provider.kind === 'kind' ? {} : await nodePrograms(env.cluster, lock, { report, signal });
  const paths = [...own, ...Object.values(ofNodes).map(({ path }) => path)];
  return [...new Set(paths.map((path) => relative(cacheDir(), dirname(path))))];
}

/** Saves the images of the engine's own store; one that an interrupted run has saved stays, so that the bundle stays the same. */
async function savedImages(
  folder: string,
  { engine, report, signal }: Options & { engine: Engine },
): Promise<Map<string, string>> {
  const saved = new Map<string, string>();
  await mkdir(folder, { recursive: true });
  for (const name of engineImageNames) {
    const ref = await ensureEngineImage(name, { engine, report, signal });
    const id = (await inspectEngineImage(engine, ref)) ?? '';
    const file = join(folder, `${name}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}.tar`);
    if (!existsSync(file)) {
      report(`saving ${ref}`);
      await runEngine(engine, ['save', '--output', `${file}.new`, ref], { signal, timeoutSeconds: 1800 });
      await rename(`${file}.new`, file);
    }
    saved.set(ref, file);
  }
  return saved;
}
