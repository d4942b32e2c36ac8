import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'opentelemetry-agent',
  summary: 'Reads what containers write to their logs, on every node.',
  namespace: 'opentelemetry-agent',
  images: ['opentelemetry-collector'],
  stores: ['light', 'grafana'],
  calls: ['victoria-logs', 'loki'],
  metrics: [{ workload: 'opentelemetry-agent', port: 8888 }],
  exceptions: [
    {
      rule: 'host-access',
      reason: 'The logs of containers are files of the node, and where it stopped reading outlives its pod.',
    },
    { rule: 'non-root', reason: 'The kubelet writes the logs of containers for root alone.' },
    { rule: 'pod-security', reason: "Its pods mount the node's folder of logs." },
  ],
});
