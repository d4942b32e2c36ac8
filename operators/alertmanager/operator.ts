import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'alertmanager',
  summary: 'Groups alerts, keeps silences and notifies people.',
  namespace: 'alertmanager',
  images: ['alertmanager'],
  stores: ['light', 'grafana'],
  server: 'mutual',
  exceptions: [
    {
      rule: 'open-egress',
      only: 'observability.alerts',
      reason: 'The addresses of webhooks and mail servers change, and are unknown at render time.',
    },
  ],
  metrics: [{ workload: 'alertmanager', port: 9093, tls: 'mutual' }],
});
