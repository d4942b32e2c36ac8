import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'opentelemetry-collector',
  summary: 'Takes traces, metrics and log lines from apps, and makes metrics of spans.',
  namespace: 'opentelemetry-collector',
  images: ['opentelemetry-collector'],
  stores: ['light', 'grafana'],
  server: 'mutual',
  calls: ['jaeger', 'victoria-logs', 'loki', 'tempo'],
  metrics: [
    { workload: 'opentelemetry-collector', port: 8889, tls: 'mutual' },
    { workload: 'opentelemetry-collector', port: 8890, tls: 'mutual' },
    { workload: 'opentelemetry-collector', port: 8888 },
  ],
});
