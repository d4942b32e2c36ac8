import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'victoria-logs',
  summary: 'Stores and searches log lines.',
  namespace: 'victoria-logs',
  images: ['victoria-logs'],
  volumeSize: ['storage', 'logs'],
  stores: ['light'],
  server: 'mutual',
  metrics: [{ workload: 'victoria-logs', port: 9428, tls: 'mutual' }],
});
