import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../cache/paths.ts';
import {
  type ChartOptions,
  type ChartPlace,
  type FoundChart,
  otherDigest,
  type PinnedChart,
} from './found-chart.ts';
import { fromRegistry, fromTag } from './registry-chart.ts';
import { fromRepository } from './repository-chart.ts';

/**
 * The path of a chart's archive in the cache; fetched only if missing.
 * @throws ChartFailure
 */
export async function ensureChart(chart: PinnedChart, options: ChartOptions = {}): Promise<string> {
  const path = join(cacheDir(), 'charts', `${chart.digest.replace(':', '-')}.tgz`);
  // The archive's checksum is stored beside it: a registry's digest is that of the manifest.
  const note = `${path}.sha256`;
  if (existsSync(path) && existsSync(note) && readFileSync(note, 'utf8') === sha256(readFileSync(path)))
    return path;
  const found =
    'oci' in chart
      ? await fromRegistry(chart, chart.digest, options)
      : await fromRepository(chart, chart.version, options);
  if (found.digest !== chart.digest) throw otherDigest(chart, found.digest);
  await mkdir(join(cacheDir(), 'charts'), { recursive: true });
  await put(path, found.content);
  await put(note, sha256(found.content));
  return path;
}

/** The chart of a version, or the newest one, in a source. @throws ChartFailure */
export function findChart(
  place: ChartPlace,
  version: string | undefined,
  options: ChartOptions = {},
): Promise<FoundChart> {
  return 'oci' in place ? fromTag(place, version, options) : fromRepository(place, version, options);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function put(path: string, content: Buffer | string): Promise<void> {
  await writeFile(`${path}.${process.pid}`, content);
  await rename(`${path}.${process.pid}`, path);
}
