import type { Cluster } from '../../model/schema/cluster.ts';
import { inSeconds } from '../../model/schema/duration.ts';

/** What a bucket is for; also part of its name. */
export type Purpose = 'backups' | 'etcd' | 'logs' | 'traces';

export interface BucketRules {
  /** Days in which nobody can delete or change what was written, not even with stolen credentials. Default: none. */
  lockDays?: number;
  /** Days after which an object goes. Default: never, whoever writes it takes it away. */
  expireDays?: number;
  /** Days for which what was deleted or overwritten can be had back. */
  undeleteDays: number;
}

/**
 * How long each bucket keeps what. Loki and Tempo delete by themselves, so that their rules are a backstop one day
 * later. Snapshots of etcd serve to go back a few days; an older one would bring back certificates that have ended.
 */
export function bucketRules({ retention }: Pick<Cluster, 'retention'>): Record<Purpose, BucketRules> {
  return {
    backups: { lockDays: 14, undeleteDays: 30 },
    etcd: { lockDays: 14, expireDays: 30, undeleteDays: 1 },
    logs: { expireDays: days(retention.logs) + 1, undeleteDays: 1 },
    traces: { expireDays: days(retention.traces) + 1, undeleteDays: 1 },
  };
}

function days(duration: string): number {
  return Math.ceil(inSeconds(duration) / inSeconds('1d'));
}
