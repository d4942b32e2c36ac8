import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'cloudnative-pg',
  summary: 'Runs PostgreSQL: instances, failover, backups.',
  namespace: 'cnpg-system',
  images: ['cloudnative-pg', 'postgresql'],
  crds: ['cloudnative-pg-crds'],
  provides: {
    kinds: [
      { kind: 'Cluster.postgresql.cnpg.io', conditions: ['Ready'] },
      'ScheduledBackup.postgresql.cnpg.io',
      { kind: 'Database.postgresql.cnpg.io', statusField: 'applied' },
    ],
    webhooks: [
      'Cluster.postgresql.cnpg.io',
      'ScheduledBackup.postgresql.cnpg.io',
      'Database.postgresql.cnpg.io',
    ],
  },
  exceptions: [
    {
      rule: 'rbac-secrets',
      reason: 'It gives the certificates of a database to its instances, in the namespace of any app.',
    },
    {
      rule: 'rbac-escalation',
      reason: 'It creates the pods of databases and runs commands in them; upstream has no smaller role.',
    },
  ],
});
