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
  exceptions: ['provider.account', 'provider.buckets'].map((only) => ({
    rule: 'open-egress',
    only,
    reason: 'It keeps log lines in S3, whose addresses change, and no render knows them.',
  })),
});
