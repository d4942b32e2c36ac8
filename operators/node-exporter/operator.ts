import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'node-exporter',
  summary: 'Metrics of nodes: processor, memory, disks.',
  namespace: 'node-exporter',
  images: ['node-exporter'],
  stores: ['light', 'grafana'],
  server: 'mutual',
  metrics: [{ workload: 'node-exporter', port: 9100, tls: 'mutual' }],
  exceptions: [
    {
      rule: 'host-access',
      reason: "It reads the node's counters: /proc, /sys and the fill level of disks.",
    },
    { rule: 'pod-security', reason: 'Its pods mount folders of the node read-only.' },
  ],
});
