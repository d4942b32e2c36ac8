import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { cacheDir } from '../cache/paths.ts';
import { FetchFailure, fetchFile } from '../fetch/fetch-file.ts';
import { hash1, moduleSum } from './go-sum.ts';
import { goProxies, zipAddress } from './module-proxy.ts';

/**
 * Downloads a Go module from a module proxy, without Go, and returns its files by path below the module's root. The cache keeps the
 * zip. `wanted` is the checksum. Default: the one of a go.sum in images/go/wrappers.
 * @throws Error if the checksum differs, or no proxy has the module.
 */
export async function goModule(
  module: string,
  version: string,
  signal?: AbortSignal,
  wanted: string = moduleSum(module, version),
): Promise<Map<string, Buffer>> {
  const kept = join(cacheDir(), 'modules', `${module.replaceAll('/', '_')}@${version}.zip`);
  if (existsSync(kept)) {
    const files = filesOf(readFileSync(kept));
    if (files !== undefined && hash1(files) === wanted) return belowRoot(files, `${module}@${version}/`);
  }
  const { zip, from } = await fetchZip(module, version, signal);
  const files = filesOf(zip);
  const found = files === undefined ? 'no zip' : hash1(files);
  if (files === undefined || found !== wanted) {
    throw new Error(
      `${from} is not what the go.sum in images/go/wrappers says: it says ${wanted}, and this is ${found}. Nothing of it is used. ` +
        'Ask who runs that proxy, or name another one in GOPROXY.',
    );
  }
  await mkdir(dirname(kept), { recursive: true });
  await writeFile(`${kept}.${process.pid}`, zip);
  await rename(`${kept}.${process.pid}`, kept);
  return belowRoot(files, `${module}@${version}/`);
}

async function fetchZip(
  module: string,
  version: string,
  signal: AbortSignal | undefined,
): Promise<{ zip: Buffer; from: string }> {
  const refused: string[] = [];
  for (const { url, next } of goProxies()) {
    const from = zipAddress(url, module, version);
    try {
      return { zip: await fetchFile(from, { signal }), from };
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      refused.push(error.message);
      const hasNone = error.status === 404 || error.status === 410;
      if (next === 'where it has none' && !hasNone) break;
    }
  }
  throw new Error(
    `the files of ${module} ${version} could not be had: ${refused.join('; ')}. ` +
      'See whether that address opens from here; behind a firewall name your own module proxy: GOPROXY=https://…',
  );
}

function filesOf(zip: Buffer): Map<string, Buffer> | undefined {
  try {
    return new Map(Object.entries(unzipSync(zip)).map(([name, content]) => [name, Buffer.from(content)]));
  } catch {
    return undefined;
  }
}

function belowRoot(files: ReadonlyMap<string, Buffer>, root: string): Map<string, Buffer> {
  return new Map(
    [...files].flatMap(([name, content]) =>
      name.startsWith(root) ? [[name.slice(root.length), content] as const] : [],
    ),
  );
}
