import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { cacheDir } from '../cache/paths.ts';
import { FetchFailure, fetchFile } from '../fetch/fetch-file.ts';
import { ensureMirrored, type SupplyOptions } from '../mirror/ensure-image.ts';
import { digestOf } from '../oci/digest.ts';
import { imageManifestSchema, manifestTypes } from '../oci/media-types.ts';
import { patience } from '../pull/idle-watch.ts';
import { placeOf, registryMirror } from '../pull/registry-place.ts';
import { PullError, Upstream } from '../pull/upstream.ts';
import { type Report, silent } from '../report.ts';

/** Source of a Helm chart: an OCI registry, or a chart repository with an index.yaml. */
export type ChartPlace = { oci: string } | { repository: string; name: string };

/** A chart with version and digest: the manifest's digest in a registry, otherwise that of the archive. */
export type PinnedChart = ChartPlace & { version: string; digest: string };

/** A chart found for a version. */
export interface FoundChart {
  version: string;
  digest: string;
  /** The archive. */
  content: Buffer;
}

/** A chart that cannot be fetched or has another digest; `part` is the field to fix. */
export class ChartFailure extends Error {
  override readonly name = 'ChartFailure';
  readonly part: 'place' | 'version' | 'digest';
  readonly fix: string;

  constructor(part: ChartFailure['part'], message: string, fix: string) {
    super(message);
    this.part = part;
    this.fix = fix;
  }
}

interface Options {
  /** The mirror of cluster.yaml, used instead of a registry. Default: none. */
  registryMirror?: string;
  report?: Report;
  signal?: AbortSignal | undefined;
}

const layerType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/**
 * The path of a chart's archive in the cache; fetched only if missing.
 * @throws ChartFailure
 */
export async function ensureChart(chart: PinnedChart, options: Options = {}): Promise<string> {
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
  options: Options = {},
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

/** Maximum size of a chart. Most have a few hundred kilobytes; Helm itself refuses more than 20 MiB. */
const largest = 20 * 2 ** 20;

function upstreamOf({ oci }: { oci: string }, options: Options): Upstream {
  const { report = silent, signal } = options;
  const [, host = '', path = ''] = /^oci:\/\/([^/]+)\/(.+)$/.exec(oci) ?? [];
  const progress = () => 'nothing has come yet';
  const place = placeOf({ host, path }, registryMirror(options.registryMirror));
  return new Upstream(place, { ref: oci, patience, report, signal, progress });
}

async function read(upstream: Upstream, what: string, oci: string): Promise<Buffer> {
  try {
    return await upstream.get(
      what,
      async () => (what.startsWith('blobs/') ? {} : { accept: manifestTypes.join(', ') }),
      async (answer) => {
        const chunks: Uint8Array[] = [];
        let size = 0;
        for await (const chunk of answer.chunks()) {
          size += chunk.length;
          if (size > largest) throw new PullError(`${oci} sends more than ${largest} bytes for ${what}`);
          chunks.push(chunk);
        }
        return Buffer.concat(chunks);
      },
    );
  } catch (error) {
    if (!(error instanceof PullError)) throw error;
    throw error.missing
      ? new ChartFailure(
          what.startsWith('manifests/sha256:') ? 'digest' : 'version',
          `${oci} has no ${what}`,
          'write a version and a digest that are there: npm run new -- operator --help',
        )
      : new ChartFailure('place', error.message, reachable);
  }
}

const reachable =
  'correct the address, or see that it opens from here; a chart that was fetched once stays in the cache of this machine';

/** A chart in a registry. */
interface RegistryChart {
  manifest: string;
  digest: string;
  layer: string;
}

async function manifestOf(
  { oci }: { oci: string },
  reference: string,
  options: Options,
): Promise<RegistryChart> {
  const text = await read(upstreamOf({ oci }, options), `manifests/${reference}`, oci);
  const manifest = imageManifestSchema.safeParse(asJson(text));
  const layer = manifest.data?.layers.find(({ mediaType }) => mediaType === layerType);
  if (layer === undefined) {
    throw new ChartFailure(
      'place',
      `${oci} is no Helm chart: it has no ${layerType}`,
      'write the address of a chart',
    );
  }
  return { manifest: text.toString('utf8'), digest: digestOf(text), layer: layer.digest };
}

async function blobOf({ oci }: { oci: string }, digest: string, options: Options): Promise<Buffer> {
  const content = await read(upstreamOf({ oci }, options), `blobs/${digest}`, oci);
  if (digestOf(content) === digest) return content;
  throw new ChartFailure(
    'place',
    `${oci} sends another chart than its manifest says`,
    'type the same command again; then ask who runs that registry',
  );
}

async function fromRegistry(
  place: { oci: string },
  reference: string,
  options: Options,
): Promise<FoundChart> {
  const { digest, layer } = await manifestOf(place, reference, options);
  return { version: '', digest, content: await blobOf(place, layer, options) };
}

/**
 * Copies a chart from a registry to the mirror, with the same name and digest. Returns whether it was missing.
 * @throws ChartFailure
 */
export async function mirrorChart(
  chart: { oci: string; version: string; digest: string },
  options: SupplyOptions & { registryMirror?: string },
): Promise<boolean> {
  const ref = `${chart.oci.slice('oci://'.length)}:${chart.version.replaceAll('+', '_')}`;
  const name = `chart-${chart.digest.slice('sha256:'.length).slice(0, 16)}`;
  return ensureMirrored(name, ref, `${ref}@${chart.digest}`, options, async ({ store, path, tag }) => {
    options.report(`pulling ${ref}`);
    const { manifest, digest } = await manifestOf(chart, chart.digest, options);
    if (digest !== chart.digest) throw otherDigest(chart, digest);
    const { config, layers } = imageManifestSchema.parse(JSON.parse(manifest));
    let size = manifest.length;
    for (const blob of [config, ...layers]) {
      const content = await blobOf(chart, blob.digest, options);
      await store.putBlob(path, content, options.signal);
      size += content.length;
    }
    return { digest: await store.putManifest(path, manifest, tag), size, source: 'pulled' };
  });
}

function otherDigest({ version }: { version: string }, found: string): ChartFailure {
  return new ChartFailure(
    'digest',
    `the chart ${version} there has the digest ${found}`,
    `ask upstream why; where you know it, write digest: '${found}'`,
  );
}

async function fromTag(
  place: { oci: string },
  version: string | undefined,
  options: Options,
): Promise<FoundChart> {
  const tags = z.object({ tags: z.array(z.string()).nullable() });
  const listed = async () => {
    const answer = tags.safeParse(asJson(await read(upstreamOf(place, options), 'tags/list', place.oci)));
    return newest((answer.data?.tags ?? []).map((tag) => tag.replaceAll('_', '+')));
  };
  const wanted = version ?? (await listed());
  if (wanted === undefined) {
    throw new ChartFailure(
      'version',
      `${place.oci} has no version that is no preview`,
      'name one: --chart-version VERSION',
    );
  }
  const found = await fromRegistry(place, wanted.replaceAll('+', '_'), options);
  return { ...found, version: wanted };
}

const indexSchema = z.object({
  entries: z.record(
    z.string(),
    z.array(z.object({ version: z.string(), urls: z.array(z.string()), digest: z.string().optional() })),
  ),
});

async function fromRepository(
  { repository, name }: { repository: string; name: string },
  version: string | undefined,
  { signal }: Options,
): Promise<FoundChart> {
  const base = `${repository.replace(/\/$/, '')}/`;
  const address = `${base}index.yaml`;
  const index = indexSchema.safeParse(asYaml(await get(address, signal)));
  if (!index.success) {
    throw new ChartFailure(
      'place',
      `${address} is no index of charts`,
      'write the address of a repository of charts',
    );
  }
  const versions = Object.hasOwn(index.data.entries, name) ? (index.data.entries[name] ?? []) : [];
  const wanted = version ?? newest(versions.map((each) => each.version));
  const entry = versions.find((each) => each.version === wanted);
  const [url] = entry?.urls ?? [];
  if (entry === undefined || url === undefined) {
    const there = versions.slice(0, 5).map((each) => each.version);
    throw new ChartFailure(
      'version',
      there.length === 0
        ? `${address} has no chart '${name}'`
        : `${address} has no ${name} ${wanted ?? ''}`.trim(),
      there.length === 0
        ? `it has ${Object.keys(index.data.entries).slice(0, 10).join(', ')}`
        : `it has ${there.join(', ')}`,
    );
  }
  const content = await get(new URL(url, base).href, signal);
  return { version: entry.version, digest: digestOf(content), content };
}

async function get(url: string, signal: AbortSignal | undefined): Promise<Buffer> {
  try {
    return await fetchFile(url, { signal });
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    throw new ChartFailure('place', error.message, reachable);
  }
}

function asJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    // The caller reports what is missing.
    return undefined;
  }
}

function asYaml(text: Buffer): unknown {
  try {
    return parse(text.toString('utf8'), { logLevel: 'silent', maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

/** The highest version without pre-releases. */
function newest(versions: readonly string[]): string | undefined {
  const released = versions.filter((version) => /^v?\d+\.\d+\.\d+(\+.*)?$/.test(version));
  const parts = (version: string) => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  return released.sort((a, b) => {
    const [left, right] = [parts(a), parts(b)];
    const at = [0, 1, 2].find((i) => left[i] !== right[i]);
    return at === undefined ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
  })[0];
}
