import type { Problem } from '../diagnostics/problem.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import { awsAccount, bucketName } from '../schema/aws-role.ts';
import type { Cluster } from '../schema/cluster.ts';

/** Backups that go by a role of AWS go to the bucket that the stacks make: the role may use no other. */
export function checkBackups({ source, value }: Loaded<Cluster>): Problem[] {
  const { backups } = value.databases;
  const place = awsAccount(value);
  if (backups?.credentials !== 'machine' || place === undefined) return [];
  const [, bucket = ''] = /^s3:\/\/([^/]+)/.exec(backups.destination) ?? [];
  const made = bucketName(value.name, 'backups', place.account);
  if (bucket === made) return [];
  return [
    problemAt(source, ['databases', 'backups', 'destination'], {
      code: 'other-bucket',
      what: `the backups go to the bucket '${bucket}'`,
      why: `with credentials: machine they go by a role that may write to '${made}' alone, which the stacks make`,
      fix: `write s3://${made}/databases, or name a Secret under credentials`,
    }),
  ];
}
