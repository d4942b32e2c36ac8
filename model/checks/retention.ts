import type { Problem } from '../diagnostics/problem.ts';
import type { Loaded } from '../reading/source.ts';
import { problemAt } from '../reading/source.ts';
import type { Cluster } from '../schema/cluster.ts';
import { inSeconds } from '../schema/duration.ts';
import { inGibibytes, inUnits } from '../schema/quantity.ts';

/**
 * What one node with the pods on it adds, in bytes per second as they are stored: an assumption to size disks by, to be
 * corrected by what a cluster really shows.
 *
 * Metrics: 500 samples a second (about 15,000 series, each every 30 s) of 2 bytes (Prometheus, 'Storage': 1 to 2).
 * Logs: 10 KiB a second, a tenth of it after compression. Traces: 1 KiB a second after sampling and compression.
 */
const rates = { metrics: 1000, logs: 1024, traces: 1024 } as const;

/** Share of a disk for kept data: the rest is for compaction and for days with more than usual. */
const usable = 0.8;

/** Retention must fit the disk of its store and the store's own limits. */
export function checkRetention(loaded: Loaded<Cluster>): Problem[] {
  return [...checkShortest(loaded), ...checkDisks(loaded)];
}

/** The least time for which Loki keeps lines: its index has a table for each day (Loki, 'Log retention'). */
function checkShortest({ source, value: { observability, retention } }: Loaded<Cluster>): Problem[] {
  if (observability === 'off' || observability.store !== 'grafana') return [];
  if (inSeconds(retention.logs) >= inSeconds('1d')) return [];
  return [
    problemAt(source, ['retention', 'logs'], {
      code: 'retention-too-short',
      what: `logs are kept for ${retention.logs}`,
      why: 'Loki, which keeps them with `store: grafana`, removes whole days and takes no shorter time',
      fix: 'write logs: 1d or more',
    }),
  ];
}

function checkDisks({ source, value: { nodes, retention, storage } }: Loaded<Cluster>): Problem[] {
  return (['metrics', 'logs', 'traces'] as const).flatMap((kind) => {
    const perSecond = rates[kind] * nodes.length;
    const size = inUnits(storage[kind]) * usable;
    const needed = inSeconds(retention[kind]) * perSecond;
    if (needed <= size) return [];
    const days = Math.floor(size / perSecond / 86_400);
    const words = {
      code: 'retention-too-long',
      what: `${kind} of ${retention[kind]} need ${inGibibytes(needed)}, and storage.${kind} is ${storage[kind]}`,
      why: `${nodes.length} nodes write about ${inGibibytes(perSecond * 86_400 * 30)} in 30 days, and a fifth of the disk stays free`,
      fix: `write ${kind}: ${days}d, or storage: { ${kind}: ${inGibibytes(needed / usable)} }`,
    };
    // Where neither is written the other default does not fit the nodes.
    return [problemAt(source, ['retention', kind], words)];
  });
}
