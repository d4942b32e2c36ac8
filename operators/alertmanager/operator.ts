import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'alertmanager',
  summary: 'Groups alerts, keeps silences and tells people.',
  namespace: 'alertmanager',
  images: ['alertmanager'],
  stores: ['light', 'grafana'],
  server: 'mutual',
  exceptions: [
    {
      rule: 'open-egress',
      only: 'observability.alerts',
      reason: 'The addresses of webhooks and of mail servers change, and no render knows them.',
    },
  ],
  metrics: [{ workload: 'alertmanager', port: 9093, tls: 'mutual' }],
});
