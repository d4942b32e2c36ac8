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
      reason:
        'Where cluster.yaml has receivers of alerts: the addresses of webhooks and of mail servers are listed nowhere.',
    },
  ],
  metrics: [{ workload: 'alertmanager', port: 9093, tls: 'mutual' }],
});
