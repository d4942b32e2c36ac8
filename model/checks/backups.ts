import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import { awsAccount, bucketName } from '../schema/aws-role.ts';
import type { Cluster } from '../schema/cluster.ts';

/**
 * Backups with an AWS role must go to the bucket that the stacks create: the role has access to no other
 * bucket.
 */
export function checkBackups({ source, value }: Loaded<Cluster>): Diagnostic[] {
  const { backups } = value.databases;
  const place = awsAccount(value);
  if (backups?.credentials !== 'machine' || place === undefined) return [];
  const [, bucket = ''] = /^s3:\/\/([^/]+)/.exec(backups.destination) ?? [];
  const made = bucketName(value.name, 'backups', place.account);
  if (bucket === made) return [];
  return [
    diagnosticAt(source, ['databases', 'backups', 'destination'], {
      code: 'other-bucket',
      what: `the backups go to the bucket '${bucket}'`,
      why: `with credentials: machine, the backup role of the stacks may write to '${made}' only`,
      fix: `write s3://${made}/databases, or name a Secret under credentials`,
    }),
  ];
}

/** Snapshots are made by Amazon, of its own disks. */
export function checkSnapshots({ source, value }: Loaded<Cluster>): Diagnostic[] {
  if (value.snapshots === undefined || value.provider.kind === 'aws') return [];
  return [
    diagnosticAt(
      source,
      ['snapshots'],
      {
        code: 'no-snapshots',
        what: `the volumes of a cluster with the provider '${value.provider.kind}' have no snapshots`,
        why: 'they are folders on the disks of its nodes',
        fix: "remove it; keep data that must not be lost in a database with backups, or say at each volume what saves it: backup: { none: '…' }",
      },
      'key',
    ),
  ];
}
