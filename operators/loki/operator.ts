import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'loki',
  summary: 'Stores and searches log lines.',
  namespace: 'loki',
  images: ['loki'],
  volumeSize: ['storage', 'logs'],
  stores: ['grafana'],
  server: 'mutual',
  metrics: [{ workload: 'loki', port: 3100, tls: 'mutual' }],
  exceptions: [
    {
      rule: 'open-egress',
      only: 'provider.account',
      reason: 'It stores log lines in S3, whose addresses change and are unknown at render time.',
    },
    {
      rule: 'open-egress',
      only: 'provider.buckets',
      reason: 'It stores log lines in S3, whose addresses change and are unknown at render time.',
    },
  ],
});
