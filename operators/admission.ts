import { defineOperator } from '../model/operator.ts';

export default defineOperator({
  name: 'admission',
  summary: 'Lets nobody have a certificate that no edge of the graph asks for.',
  namespace: 'cert-manager',
});
