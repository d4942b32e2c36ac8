import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: 'identity',
  summary: 'An authority for each service, and its roots where they are trusted.',
  namespace: 'trust',
  images: ['trust-roots'],
});
