import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'grafana',
  summary: 'Shows metrics, log lines and traces, with dashboards and links between them.',
  namespace: 'grafana',
  images: ['grafana'],
  stores: ['grafana'],
  calls: ['loki', 'tempo'],
  metrics: [{ workload: 'grafana', port: 3000 }],
});
