import { z } from 'zod';
import { Failure } from '../cli/failure.ts';
import type { Package } from './packages.ts';

/** Address of the public database. @see https://google.github.io/osv.dev/api/ */
export const osvUrl = 'https://api.osv.dev';

/** A known vulnerability of a package that a lock file names. */
export interface Vulnerability {
  /** Id in the database: `GHSA-…`, `CVE-…`, `GO-…`. */
  id: string;
  package: Package;
  summary: string;
  /** The lowest versions that do not have it; empty if the database knows none. */
  fixed: string[];
}

/** The findings of a scan, or the reason why nothing was scanned. */
export type Scan = { found: Vulnerability[] } | { notScanned: string };

const batchAnswer = z.object({
  results: z.array(
    z.object({
      vulns: z.array(z.object({ id: z.string() })).optional(),
      next_page_token: z.string().optional(),
    }),
  ),
});

const record = z.object({
  id: z.string(),
  summary: z.string().optional(),
  details: z.string().optional(),
  withdrawn: z.string().optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ name: z.string(), ecosystem: z.string() }).optional(),
        ranges: z.array(z.object({ events: z.array(z.object({ fixed: z.string().optional() })) })).optional(),
      }),
    )
    .optional(),
});

/** Maximum number of packages in one query (OSV API, 'querybatch'). */
const batch = 1000;

/** Asks the database of vulnerabilities for packages. A database that cannot be reached is no error here: the caller says so. */
export async function scan(packages: readonly Package[], url = osvUrl): Promise<Scan> {
  try {
    const ids: [id: string, of: Package][] = [];
    for (let at = 0; at < packages.length; at += batch)
      ids.push(...(await query(url, packages.slice(at, at + batch))));
    const records = new Map<string, z.output<typeof record>>();
    for (const id of new Set(ids.map(([each]) => each)))
      records.set(id, await ask(`${url}/v1/vulns/${encodeURIComponent(id)}`, record));
    const found = ids.flatMap(([id, of]) => vulnerability(records.get(id), of));
    return {
      found: found.sort((a, b) => (`${a.package.name} ${a.id}` < `${b.package.name} ${b.id}` ? -1 : 1)),
    };
  } catch (error) {
    if (error instanceof Unreachable) return { notScanned: error.message };
    throw error;
  }
}

/** The ids of vulnerabilities of each package, all pages of them. */
async function query(url: string, packages: readonly Package[]): Promise<[string, Package][]> {
  const found: [string, Package][] = [];
  let open = packages.map((of): { of: Package; page?: string } => ({ of }));
  while (open.length > 0) {
    const queries = open.map(({ of, page }) => ({
      package: { purl: of.purl },
      ...(page === undefined ? {} : { page_token: page }),
    }));
    const { results } = await ask(`${url}/v1/querybatch`, batchAnswer, { queries });
    if (results.length !== open.length) {
      throw new Failure(
        `${url} answered for ${results.length} of ${open.length} packages.`,
        'Type the same command again; if it stays so, PLINTH_OSV_URL leads to something else than a database of OSV.',
      );
    }
    const asked = open;
    open = [];
    for (const [i, { vulns = [], next_page_token: page }] of results.entries()) {
      const of = asked[i]?.of;
      if (of === undefined) continue;
      found.push(...vulns.map(({ id }): [string, Package] => [id, of]));
      if (page !== undefined) open.push({ of, page });
    }
  }
  return found;
}

function vulnerability(found: z.output<typeof record> | undefined, of: Package): Vulnerability[] {
  if (found === undefined || found.withdrawn !== undefined) return [];
  const own = (found.affected ?? []).filter(
    (each) => each.package?.name === of.name && each.package.ecosystem === of.ecosystem,
  );
  const fixed = own
    .flatMap(({ ranges = [] }) => ranges)
    .flatMap(({ events }) => events)
    .flatMap((event) => event.fixed ?? []);
  const summary = found.summary ?? found.details?.split('\n')[0] ?? 'no summary';
  return [{ id: found.id, package: of, summary, fixed: [...new Set(fixed)] }];
}

class Unreachable extends Error {}

async function ask<S extends z.ZodType>(url: string, answer: S, body?: object): Promise<z.output<S>> {
  const { host } = new URL(url);
  const response = await fetch(url, {
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new Unreachable(`${host} cannot be reached: ${why}`);
  });
  const text = await response.text().catch((cause: unknown) => {
    throw new Unreachable(`the connection to ${host} was lost: ${cause}`);
  });
  if (!response.ok) throw new Unreachable(`${host} answered ${response.status}: ${text.slice(0, 200)}`);
  const parsed = answer.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  throw new Unreachable(`${host} answered something else than the API of OSV: ${text.slice(0, 100)}`);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
