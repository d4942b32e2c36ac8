import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'identity',
  summary: 'An authority for each service, with its CA certificates in the namespaces that trust it.',
  namespace: 'trust',
  images: ['trust-roots'],
});
