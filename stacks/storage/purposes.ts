import type { Cluster } from '../../model/schema/cluster.ts';
import { inSeconds } from '../../model/schema/duration.ts';

/** The purpose of a bucket, which is part of its name. */
export type Purpose = 'backups' | 'etcd' | 'logs' | 'traces';

export interface BucketRules {
  /**
   * Days in which nobody can delete or change a written object, not even with stolen credentials. Default:
   * none.
   */
  lockDays?: number;
  /** Days after which an object is deleted. Default: never; its writer deletes it. */
  expireDays?: number;
  /** Days in which a deleted or overwritten object can be restored. */
  undeleteDays: number;
}

/**
 * Retention rules of each bucket. Loki and Tempo delete by themselves, so their rules are a fallback one day
 * later. Snapshots of etcd are kept a few days only: an older one would restore expired certificates.
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
