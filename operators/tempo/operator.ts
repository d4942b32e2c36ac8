import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'tempo',
  summary: 'Stores and searches traces.',
  namespace: 'tempo',
  images: ['tempo'],
  volumeSize: ['storage', 'traces'],
  stores: ['grafana'],
  server: 'mutual',
  metrics: [{ workload: 'tempo', port: 3200, tls: 'mutual' }],
  exceptions: [
    {
      rule: 'open-egress',
      only: 'provider.account',
      reason: 'It stores traces in S3, whose addresses change and are unknown at render time.',
    },
    {
      rule: 'open-egress',
      only: 'provider.buckets',
      reason: 'It stores traces in S3, whose addresses change and are unknown at render time.',
    },
  ],
});
