import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'node-exporter',
  summary: 'Metrics of the nodes: processor, memory, disks.',
  namespace: 'node-exporter',
  images: ['node-exporter'],
  stores: ['light', 'grafana'],
  server: 'mutual',
  metrics: [{ workload: 'node-exporter', port: 9100, tls: 'mutual' }],
  exceptions: [
    {
      rule: 'host-access',
      reason: "It reads the node's own counters: /proc, /sys and how full its disks are.",
    },
    { rule: 'pod-security', reason: "Its pods mount the node's folders, to read them." },
  ],
});
