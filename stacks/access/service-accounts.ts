import type { Environment } from '../../model/graph.ts';
import { backupRole, volumeRole } from '../../model/schema/aws-role.ts';
import { databaseCluster, databasesOf } from '../../model/schema/database.ts';
import { previewPattern } from '../../model/schema/previews.ts';
import { appsWithStore, remoteFolder, secretsOperator, storeRole } from '../../model/secret-stores.ts';
import type { Purpose } from '../storage/purposes.ts';

/** A service account of the cluster with an IAM role. */
export interface ServiceAccount {
  /** Name of the role after the cluster's name. */
  name: string;
  namespace: string;
  serviceAccount: string;
}

/** A service account with access to a bucket or one of its folders. */
export interface BucketUser extends ServiceAccount {
  bucket: Purpose;
  /** Its folder of the bucket. Default: the whole bucket. */
  folder?: string;
}

/** Operators with their own bucket. */
const storing: Readonly<Record<string, Purpose>> = { loki: 'logs', tempo: 'traces' };

/** Service accounts that use buckets: each database its backup folder, and Loki and Tempo if they run. */
export function bucketUsers({
  apps,
  operators,
  cluster,
}: Pick<Environment, 'apps' | 'operators' | 'cluster'>): BucketUser[] {
  const folder = backupFolder(cluster.databases.backups?.destination);
  // The database of a preview has no backups.
  const lasting = databasesOf({ apps, cluster }).filter(({ app }) => !previewPattern.test(app));
  const databases = lasting.map(({ app: name }) => ({
    name: backupRole(name),
    namespace: name,
    // CloudNativePG gives the service account the name of the database.
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

/** The service account that creates disks, if the EBS driver runs. */
export function volumeUsers({ operators }: Pick<Environment, 'operators'>): ServiceAccount[] {
  return operators
    .filter(({ name }) => name === 'ebs-csi')
    .map(({ namespace }) => ({ name: volumeRole, namespace, serviceAccount: 'ebs-csi-controller' }));
}

/** A service account that reads secrets of AWS Secrets Manager. */
export interface SecretReader extends ServiceAccount {
  region: string;
  /** Names of the secrets, with `*` at the end. */
  names: string;
}

/** The service account that reads the secrets of each app, if they are in AWS Secrets Manager. */
export function secretReaders(env: Pick<Environment, 'name' | 'apps' | 'cluster'>): SecretReader[] {
  const store = env.cluster.secrets.external;
  if (store?.kind !== 'aws') return [];
  return appsWithStore(env).map(({ name }) => ({
    name: storeRole(name),
    namespace: secretsOperator,
    serviceAccount: name,
    region: store.region,
    names: `${remoteFolder(store, { environment: env.name, app: name })}/*`,
  }));
}

/** `s3://bucket/some/folder` → `some/folder/`. */
function backupFolder(destination = ''): string {
  const [, path = ''] = /^s3:\/\/[^/]+\/(.+)$/.exec(destination) ?? [];
  return path === '' ? '' : `${path}/`;
}
