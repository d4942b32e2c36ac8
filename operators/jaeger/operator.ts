import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'jaeger',
  summary: 'Stores and searches traces.',
  namespace: 'jaeger',
  images: ['jaeger'],
  volumeSize: ['storage', 'traces'],
  stores: ['light'],
  server: 'mutual',
  metrics: [{ workload: 'jaeger', port: 8888 }],
});
