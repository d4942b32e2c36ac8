import { z } from 'zod';
import { ensureMirrored, type SupplyOptions } from '../mirror/ensure-image.ts';
import { digestOf } from '../oci/digest.ts';
import { imageManifestSchema, manifestTypes } from '../oci/media-types.ts';
import { patience } from '../pull/idle-watch.ts';
import { placeOf, registryMirror } from '../pull/registry-place.ts';
import { PullError, Upstream } from '../pull/upstream.ts';
import { silent } from '../report.ts';
import {
  ChartFailure,
  type ChartOptions,
  type FoundChart,
  newest,
  otherDigest,
  reachable,
} from './found-chart.ts';

const layerType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/** Maximum size of a chart. Most have a few hundred kilobytes; Helm itself refuses more than 20 MiB. */
const largest = 20 * 2 ** 20;

function upstreamOf({ oci }: { oci: string }, options: ChartOptions): Upstream {
  const { report = silent, signal } = options;
  const [, host = '', path = ''] = /^oci:\/\/([^/]+)\/(.+)$/.exec(oci) ?? [];
  const progress = () => 'nothing received yet';
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

/** A chart in a registry. */
interface RegistryChart {
  manifest: string;
  digest: string;
  layer: string;
}

async function manifestOf(
  { oci }: { oci: string },
  reference: string,
  options: ChartOptions,
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

async function blobOf({ oci }: { oci: string }, digest: string, options: ChartOptions): Promise<Buffer> {
  const content = await read(upstreamOf({ oci }, options), `blobs/${digest}`, oci);
  if (digestOf(content) === digest) return content;
  throw new ChartFailure(
    'place',
    `${oci} sends another chart than its manifest says`,
    'type the same command again; then ask who runs that registry',
  );
}

/** The chart of a tag or digest in a registry. */
export async function fromRegistry(
  place: { oci: string },
  reference: string,
  options: ChartOptions,
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

/** The chart of a version, or the newest one, in a registry. */
export async function fromTag(
  place: { oci: string },
  version: string | undefined,
  options: ChartOptions,
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

function asJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    // The caller reports what is missing.
    return undefined;
  }
}
