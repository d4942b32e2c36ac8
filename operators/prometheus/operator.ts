import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'prometheus',
  summary: 'Reads metrics, keeps them and judges the rules of alerts.',
  namespace: 'prometheus',
  images: ['prometheus'],
  volumeSize: ['storage', 'metrics'],
  stores: ['light', 'grafana'],
  calls: ['alertmanager', 'node-exporter', 'opentelemetry-collector', 'victoria-logs', 'loki', 'tempo'],
  exceptions: [
    { rule: 'open-egress', reason: "It asks the kubelets, which listen on the nodes' own addresses." },
  ],
});
