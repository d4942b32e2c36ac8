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
    { rule: 'open-egress', reason: 'Where it keeps traces in S3: its addresses are listed nowhere.' },
  ],
});
