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
    { rule: 'open-egress', reason: 'Where it keeps log lines in S3: its addresses are listed nowhere.' },
  ],
});
