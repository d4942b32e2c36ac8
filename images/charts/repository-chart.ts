import { parse } from 'yaml';
import { z } from 'zod';
import { FetchFailure, fetchFile } from '../fetch/fetch-file.ts';
import { digestOf } from '../oci/digest.ts';
import { ChartFailure, type ChartOptions, type FoundChart, newest, reachable } from './found-chart.ts';

const indexSchema = z.object({
  entries: z.record(
    z.string(),
    z.array(z.object({ version: z.string(), urls: z.array(z.string()), digest: z.string().optional() })),
  ),
});

/** The chart of a version, or the newest one, in a chart repository. */
export async function fromRepository(
  { repository, name }: { repository: string; name: string },
  version: string | undefined,
  { signal }: ChartOptions,
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

function asYaml(text: Buffer): unknown {
  try {
    return parse(text.toString('utf8'), { logLevel: 'silent', maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}
