import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { stateDir } from '../../images/cache/paths.ts';

const recordSchema = z.discriminatedUnion('phase', [
  /** Written before the first container is created or removed: these containers have no data to keep. */
  z.strictObject({ phase: z.literal('unfinished'), engine: z.string() }),
  /** Written after Kind has created every node. */
  z.strictObject({
    phase: z.literal('finished'),
    engine: z.string(),
    roles: z.array(z.enum(['control-plane', 'worker'])),
    image: z.string(),
    ports: z.array(
      z.strictObject({ host: z.number(), node: z.number(), protocol: z.literal('udp').optional() }),
    ),
    /** Other settings of Kind, the same for every cluster of one version of this program. */
    settings: z.record(z.string(), z.unknown()),
  }),
]);

/** The record of a cluster's nodes in the state folder. It outlives every run and is written atomically. */
export type KindRecord = z.infer<typeof recordSchema>;

/** The record as read: absent, valid or unreadable. */
export type FoundRecord = KindRecord | { phase: 'none' } | { phase: 'unreadable'; why: string };

/** Path of a cluster's record. */
export function recordPath(cluster: string): string {
  return join(stateDir(), cluster, 'nodes.json');
}

/** Never throws: an unreadable record permits no removal. */
export async function readRecord(cluster: string): Promise<FoundRecord> {
  let text: string;
  try {
    text = await readFile(recordPath(cluster), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { phase: 'none' };
    return { phase: 'unreadable', why: error instanceof Error ? error.message : String(error) };
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return { phase: 'unreadable', why };
  }
}

/** Writes the record atomically. */
export async function writeRecord(cluster: string, record: KindRecord): Promise<void> {
  const path = recordPath(cluster);
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  await rename(`${path}.new`, path);
}
