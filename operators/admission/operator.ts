import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'admission',
  summary: 'Refuses certificates that no edge of the graph asks for, and tokens that are not for a pod.',
  namespace: 'cert-manager',
});
