import type { Report } from '../report.ts';

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

export interface ChartOptions {
  /** The mirror of cluster.yaml, used instead of a registry. Default: none. */
  registryMirror?: string;
  report?: Report;
  signal?: AbortSignal | undefined;
}

/** Advice for an address that cannot be reached. */
export const reachable =
  'correct the address, or see that it opens from here; a chart that was fetched once stays in the cache of this machine';

/** The failure of a chart whose digest differs from the pinned one. */
export function otherDigest({ version }: { version: string }, found: string): ChartFailure {
  return new ChartFailure(
    'digest',
    `the chart ${version} there has the digest ${found}`,
    `ask upstream why; where you know it, write digest: '${found}'`,
  );
}

/** The highest version without pre-releases. */
export function newest(versions: readonly string[]): string | undefined {
  const released = versions.filter((version) => /^v?\d+\.\d+\.\d+(\+.*)?$/.test(version));
  const parts = (version: string) => (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  return released.sort((a, b) => {
    const [left, right] = [parts(a), parts(b)];
    const at = [0, 1, 2].find((i) => left[i] !== right[i]);
    return at === undefined ? 0 : (right[at] ?? 0) - (left[at] ?? 0);
  })[0];
}
