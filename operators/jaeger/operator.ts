import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'jaeger',
  summary: 'Keeps traces and finds them.',
  namespace: 'jaeger',
  images: ['jaeger'],
  volumeSize: ['storage', 'traces'],
  stores: ['light'],
  server: 'mutual',
  metrics: [{ workload: 'jaeger', port: 8888 }],
});
