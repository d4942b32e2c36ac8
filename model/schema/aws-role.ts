import type { Cluster } from './cluster.ts';
import { databaseCluster } from './database.ts';

/** Whom tokens of service accounts are for where they are shown to AWS. */
export const awsAudience = 'sts.amazonaws.com';

/** The account and region in which the stacks make roles for service accounts; nothing where they make none. */
export function awsAccount({
  provider,
}: Pick<Cluster, 'provider'>): { account: string; region: string } | undefined {
  if (provider.kind === 'aws') return provider;
  return provider.kind === 'machines' ? provider.buckets : undefined;
}

/** What a database's role is named after; it may use the database's folder of the backups. */
export function backupRole(app: string): string {
  return `${databaseCluster(app)}-backup`;
}

/** What the role of the EBS driver is named after. */
export const volumeRole = 'volumes';

/** The tag that the EBS driver gives each disk, with the value `owned`. */
export function volumeTag(cluster: string): string {
  return `kubernetes.io/cluster/${cluster}`;
}

/** The role of a service account in AWS. `name` is what it is named after, unique in the cluster. */
export function awsRoleName({ name: cluster }: Pick<Cluster, 'name'>, name: string): string {
  return `${cluster}-${name}`;
}

/** A bucket's name: the same on every run, and no other account's. */
export function bucketName(cluster: string, purpose: string, account: string): string {
  return `${cluster}-${purpose}-${account}`;
}
