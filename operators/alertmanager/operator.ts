import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'alertmanager',
  summary: 'Groups alerts and keeps silences.',
  namespace: 'alertmanager',
  images: ['alertmanager'],
  stores: ['light', 'grafana'],
  server: 'mutual',
  metrics: [{ workload: 'alertmanager', port: 9093, tls: 'mutual' }],
});
