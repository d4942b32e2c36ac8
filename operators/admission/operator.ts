import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'admission',
  summary: 'Refuses certificates that the graph does not have, and service account tokens outside of pods.',
  namespace: 'cert-manager',
});
