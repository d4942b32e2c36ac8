import { queries } from '../../charts/observability/queries.ts';
import { table } from '../cli/table.ts';
import { instant, type Sample } from './metrics.ts';
import { type Store, withStore } from './store.ts';

/** Window of rates. */
const window = '2m';
const { cpu, memory, requests, errors, slow } = queries.usage;

/** Queries behind the columns; each has one series for each app. The end-to-end test runs the same. */
export const topQueries = {
  cpu: cpu(window),
  memory: memory(),
  requests: requests(window),
  failed: errors(window),
  slow: slow(window),
} as const;

/** Current resources and requests of an app or operator. */
export interface Usage {
  name: string;
  /** Cores. */
  cpu?: number;
  /** Bytes. */
  memory?: number;
  /** Requests per second; absent if it had no server span in the last two minutes. */
  requests?: number;
  /** Share of requests that failed, from 0 to 1. */
  failed?: number;
  /** 95th percentile of the duration, in seconds. */
  slow?: number;
}

export async function showTop(environment: string, json: boolean): Promise<number> {
  const usages = await withStore(environment, 'prometheus', usage);
  if (json) {
    process.stdout.write(`${JSON.stringify(usages, null, 2)}\n`);
    return 0;
  }
  const rows = usages.map(({ name, cpu, memory, requests, failed, slow }) => [
    name,
    cpu === undefined ? '-' : `${Math.round(cpu * 1_000)}m`,
    memory === undefined ? '-' : `${Math.round(memory / 2 ** 20)}Mi`,
    requests === undefined ? '-' : `${requests.toFixed(2)}/s`,
    failed === undefined ? '-' : `${(failed * 100).toFixed(1)} %`,
    slow === undefined || Number.isNaN(slow) ? '-' : `${Math.round(slow * 1_000)} ms`,
  ]);
  const lines = table(['NAME', 'CPU', 'MEMORY', 'REQUESTS', 'FAILED', 'P95'], rows);
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

/** The heaviest first. */
export async function usage(store: Store): Promise<Usage[]> {
  const names = Object.keys(topQueries) as (keyof typeof topQueries)[];
  const answers = await Promise.all(names.map((name) => instant(store, topQueries[name])));
  const found = new Map<string, Usage>();
  for (const [at, samples] of answers.entries()) {
    const column = names[at];
    if (column === undefined) continue;
    for (const sample of samples) {
      const name = nameOf(sample);
      if (name === '') continue;
      const row = found.get(name) ?? { name };
      row[column] = sample.value;
      found.set(name, row);
    }
  }
  for (const row of found.values()) {
    if (row.requests !== undefined && row.requests > 0) row.failed = (row.failed ?? 0) / row.requests;
  }
  return [...found.values()].sort((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0));
}

function nameOf({ labels }: Sample): string {
  return labels.namespace ?? labels.service_name ?? '';
}
