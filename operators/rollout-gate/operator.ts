import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'rollout-gate',
  summary: 'Stops the roll-out of an app whose new pods fail more requests than the old ones.',
  namespace: 'rollout-gate',
  images: ['node'],
  onlyWith: 'rollout-errors',
  metrics: [{ workload: 'rollout-gate', port: 8081 }],
});
