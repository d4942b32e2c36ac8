import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../model/schema/cluster.ts';
import { sshSessions } from '../aws-sessions/sessions.ts';

/** SSH settings for the machines. */
export interface SshAccess {
  /** Path of the private key. Default: ssh's own choice. */
  key?: string | undefined;
  env?: Record<string, string>;
}

/** Runs `work` with SSH access to the machines: on AWS through the session manager, unless `key` is given. */
export async function withSshAccess<T>(
  { provider }: Pick<Cluster, 'provider'>,
  key: string | undefined,
  work: (access: SshAccess) => Promise<T>,
): Promise<T> {
  if (provider.kind !== 'aws' || key !== undefined) return work({ key });
  const folder = await mkdtemp(join(tmpdir(), 'plinth-way-'));
  try {
    return await work(await sshSessions({ region: provider.region, folder }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
