import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Loaded } from '../reading/source.ts';
import { diagnosticAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { inSeconds } from '../schema/duration.ts';
import { inGibibytes, inUnits } from '../schema/quantity.ts';

/**
 * Assumed data per node with its pods, in stored bytes per second, to size disks; correct it by measurements.
 * Metrics: 500 samples a second (about 15,000 series, each every 30 s) of 2 bytes (Prometheus, 'Storage': 1
 * to 2). Logs: 10 KiB a second, compressed to a tenth. Traces: 1 KiB a second after sampling and compression.
 */
const rates = { metrics: 1000, logs: 1024, traces: 1024 } as const;

/** Share of a disk for stored data: the rest is for compaction and for days with more data. */
const usable = 0.8;

/** Retention must fit the disk of its store, the store's own limits, and the windows of alerts. */
export function checkRetention(loaded: Loaded<Cluster>, { apps }: Pick<Repository, 'apps'>): Diagnostic[] {
  return [...checkShortest(loaded), ...checkObjectives(loaded, apps), ...checkDisks(loaded)];
}

/** A week of burn-in, of which requests are counted, and a day for the removal of whole blocks. */
const shortestOfObjectives = '8d';

/** Alerts of objectives compare requests of three days, and `npm run alerts` counts those of a week. */
function checkObjectives(
  { source, value: { apps: chosen, observability, retention } }: Loaded<Cluster>,
  apps: Repository['apps'],
): Diagnostic[] {
  if (observability === 'off' || inSeconds(retention.metrics) >= inSeconds(shortestOfObjectives)) return [];
  const app = apps.find(({ name, value }) => Object.hasOwn(chosen, name) && value.objective !== undefined);
  if (app === undefined) return [];
  return [
    diagnosticAt(source, ['retention', 'metrics'], {
      code: 'retention-too-short',
      what: `the retention of metrics is ${retention.metrics}`,
      why: `'${app.name}' has an objective, whose alerts count the requests of a week`,
      fix: `write metrics: ${shortestOfObjectives} or more`,
    }),
  ];
}

/** Minimum retention of Loki: its index has one table per day (Loki, 'Log retention'). */
function checkShortest({ source, value: { observability, retention } }: Loaded<Cluster>): Diagnostic[] {
  if (observability === 'off' || observability.store !== 'grafana') return [];
  if (inSeconds(retention.logs) >= inSeconds('1d')) return [];
  return [
    diagnosticAt(source, ['retention', 'logs'], {
      code: 'retention-too-short',
      what: `the retention of logs is ${retention.logs}`,
      why: 'Loki (`store: grafana`) removes whole days, so one day is the minimum',
      fix: 'write logs: 1d or more',
    }),
  ];
}

function checkDisks({ source, value: { nodes, retention, storage } }: Loaded<Cluster>): Diagnostic[] {
  return (['metrics', 'logs', 'traces'] as const).flatMap((kind) => {
    const perSecond = rates[kind] * nodes.length;
    const size = inUnits(storage[kind]) * usable;
    const needed = inSeconds(retention[kind]) * perSecond;
    if (needed <= size) return [];
    const days = Math.floor(size / perSecond / 86_400);
    const words = {
      code: 'retention-too-long',
      what: `${kind} of ${retention[kind]} need ${inGibibytes(needed)}, and storage.${kind} is ${storage[kind]}`,
      why: `${nodes.length} nodes write about ${inGibibytes(perSecond * 86_400 * 30)} in 30 days, and a fifth of the disk must stay free`,
      fix: `write ${kind}: ${days}d, or storage: { ${kind}: ${inGibibytes(needed / usable)} }`,
    };
    // If neither is written, the defaults do not fit the number of nodes; the message names the retention.
    return [diagnosticAt(source, ['retention', kind], words)];
  });
}
