import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'loki',
  summary: 'Keeps log lines and finds them.',
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
      reason: 'It keeps log lines in S3, whose addresses change, and no render knows them.',
    },
    {
      rule: 'open-egress',
      only: 'provider.buckets',
      reason: 'It keeps log lines in S3, whose addresses change, and no render knows them.',
    },
  ],
});
