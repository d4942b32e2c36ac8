import type { Chart } from 'cdk8s';
import type { Environment } from '../../model/graph.ts';
import { databaseCluster } from '../../model/schema/database.ts';
import { customResource, type FieldOf } from '../kube/custom-resource.ts';
import { namespaceOf } from '../kube/names.ts';

/** Settings of backups in cluster.yaml. */
export type Backups = NonNullable<Environment['cluster']['databases']['backups']>;

/**
 * Full backups and continuous archiving of the write-ahead log, for restores to any time. It is
 * CloudNativePG's built-in method (docs/decisions); the plug-in that will replace it keeps the same archive.
 */
export function backup(
  app: string,
  { destination, endpoint, authority, credentials, keep }: Backups,
): FieldOf<'Cluster', 'backup'> {
  return {
    retentionPolicy: keep,
    barmanObjectStore: {
      destinationPath: `${destination}/${databaseCluster(app)}`,
      ...(endpoint ? { endpointURL: endpoint } : {}),
      ...(authority ? { endpointCA: { name: authority, key: 'ca.crt' } } : {}),
      s3Credentials:
        credentials === 'machine'
          ? { inheritFromIAMRole: true }
          : {
              accessKeyId: { name: credentials.secret, key: 'ACCESS_KEY_ID' },
              secretAccessKey: { name: credentials.secret, key: 'ACCESS_SECRET_KEY' },
            },
      wal: { compression: 'gzip', maxParallel: 2 },
      data: { compression: 'gzip' },
    },
  };
}

/** The schedule of full backups. */
export function scheduledBackup(chart: Chart, app: string, { schedule }: Backups): void {
  const name = databaseCluster(app);
  customResource(chart, 'scheduled-backup', {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'ScheduledBackup',
    metadata: { name, namespace: namespaceOf({ name: app }) },
    spec: {
      schedule,
      immediate: true,
      backupOwnerReference: 'self',
      method: 'barmanObjectStore',
      // A primary starts a new segment of its log for a backup, a standby does not (PostgreSQL's
      // do_pg_backup_start). After a failover, a backup from a standby could start with pages of a timeline
      // that is not in the archive, and could not be restored.
      target: 'primary',
      cluster: { name },
    },
  });
}

/** Port of the object store. */
export function storePort({ endpoint }: Backups): number {
  const port = endpoint === undefined ? '' : new URL(endpoint).port;
  return port === '' ? 443 : Number(port);
}
