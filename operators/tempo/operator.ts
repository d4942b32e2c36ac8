import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'tempo',
  summary: 'Keeps traces and finds them.',
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
      reason: 'It keeps traces in S3, whose addresses change, and no render knows them.',
    },
    {
      rule: 'open-egress',
      only: 'provider.buckets',
      reason: 'It keeps traces in S3, whose addresses change, and no render knows them.',
    },
  ],
});
