import type { Cluster } from './cluster.ts';
import { databaseCluster } from './database.ts';

/** Audience of service account tokens for AWS. */
export const awsAudience = 'sts.amazonaws.com';

/** The account and region in which the stacks create roles for service accounts; undefined if they create none. */
export function awsAccount({
  provider,
}: Pick<Cluster, 'provider'>): { account: string; region: string } | undefined {
  if (provider.kind === 'aws') return provider;
  return provider.kind === 'machines' ? provider.buckets : undefined;
}

/** Name part of a database's role, which has access to the database's folder in the backup bucket. */
export function backupRole(app: string): string {
  return `${databaseCluster(app)}-backup`;
}

/** Name part of the EBS driver's role. */
export const volumeRole = 'volumes';

/** The tag that the EBS driver gives each disk, with the value `owned`. */
export function volumeTag(cluster: string): string {
  return `kubernetes.io/cluster/${cluster}`;
}

/** Name of a service account's role in AWS. `name` is unique in the cluster. */
export function awsRoleName({ name: cluster }: Pick<Cluster, 'name'>, name: string): string {
  return `${cluster}-${name}`;
}

/** Name of a bucket: the same on every run, and unique to the account. */
export function bucketName(cluster: string, purpose: string, account: string): string {
  return `${cluster}-${purpose}-${account}`;
}
