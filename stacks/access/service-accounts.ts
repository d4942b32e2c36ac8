import type { Environment } from '../../model/graph.ts';
import { backupRole, volumeRole } from '../../model/schema/aws-role.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import type { Purpose } from '../storage/purposes.ts';

/** A service account of the cluster that has a role. */
export interface ServiceAccount {
  /** Of the role, after the cluster's name. */
  name: string;
  namespace: string;
  serviceAccount: string;
}

/** One that may use a part of a bucket. */
export interface BucketUser extends ServiceAccount {
  bucket: Purpose;
  /** The folder of the bucket that is its own. Default: all of it. */
  folder?: string;
}

/** Operators that keep their data in a bucket of their own. */
const storing: Readonly<Record<string, Purpose>> = { loki: 'logs', tempo: 'traces' };

/** Who in the cluster needs a bucket: each database its folder for backups, Loki and Tempo where they run. */
export function bucketUsers({
  apps,
  operators,
  cluster,
}: Pick<Environment, 'apps' | 'operators' | 'cluster'>): BucketUser[] {
  const folder = backupFolder(cluster.databases.backups?.destination);
  const databases = databasesOf({ apps, cluster }).map(({ app: name }) => ({
    name: backupRole(name),
    namespace: name,
    // CloudNativePG names the account of a database as the database.
    serviceAccount: databaseCluster(name),
    bucket: 'backups' as const,
    folder: `${folder}${databaseCluster(name)}`,
  }));
  const stores = operators.flatMap(({ name, namespace }) => {
    const bucket = Object.hasOwn(storing, name) ? storing[name] : undefined;
    return bucket === undefined ? [] : [{ name, namespace, serviceAccount: name, bucket }];
  });
  return [...databases, ...stores];
}

/** Who makes disks, where it runs. */
export function volumeUsers({ operators }: Pick<Environment, 'operators'>): ServiceAccount[] {
  return operators
    .filter(({ name }) => name === 'ebs-csi')
    .map(({ namespace }) => ({ name: volumeRole, namespace, serviceAccount: 'ebs-csi-controller' }));
}

/** `s3://bucket/some/folder` → `some/folder/`. */
function backupFolder(destination = ''): string {
  const [, path = ''] = /^s3:\/\/[^/]+\/(.+)$/.exec(destination) ?? [];
  return path === '' ? '' : `${path}/`;
}
