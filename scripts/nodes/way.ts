import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../model/schema/cluster.ts';
import { sshSessions } from '../aws-sessions/sessions.ts';

/** How SSH reaches the machines. */
export interface Way {
  /** Private key. Default: what SSH uses by itself. */
  key?: string | undefined;
  env?: Record<string, string>;
}

/** Runs `work` with a way to the machines: on AWS by the session manager, unless there is a key for them. */
export async function withWay<T>(
  { provider }: Pick<Cluster, 'provider'>,
  key: string | undefined,
  work: (way: Way) => Promise<T>,
): Promise<T> {
  if (provider.kind !== 'aws' || key !== undefined) return work({ key });
  const folder = await mkdtemp(join(tmpdir(), 'plinth-way-'));
  try {
    return await work(await sshSessions({ region: provider.region, folder }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
